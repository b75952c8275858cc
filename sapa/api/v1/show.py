"""From rows to what the API answers."""

from collections.abc import Iterable

from sapa.api.v1.shapes import (
    AttachmentOut,
    AuthorOut,
    ConversationOut,
    ConversationWhole,
    CustomerOut,
    IdentityOut,
    MessageOut,
    Named,
)
from sapa.conversations.models import Attachment, Conversation, Message
from sapa.customers.models import Customer


def conversation(row: Conversation) -> ConversationOut:
    return ConversationOut(
        id=row.pk,
        number=row.number,
        subject=row.subject,
        status=row.status,
        channel=row.channel,
        customer=Named(id=row.customer_id, name=str(row.customer)),
        created_at=row.created_at,
    )


def whole(row: Conversation) -> ConversationWhole:
    return ConversationWhole(
        **conversation(row).model_dump(),
        inbox=Named(id=row.inbox_id, name=row.inbox.name),
        priority=row.priority,
        holder=row.holder,
        assignee=Named(id=row.assignee.pk, name=str(row.assignee)) if row.assignee else None,
        team=Named(id=row.team.pk, name=row.team.name) if row.team else None,
        tags=[tag.name for tag in row.tags.all()],
        fields=row.fields,
        last_message_at=row.last_message_at,
        waiting_since=row.waiting_since,
        snoozed_until=row.snoozed_until,
        resolved_at=row.resolved_at,
    )


def message(row: Message, *, files: Iterable[Attachment] | None = None) -> MessageOut:
    """Expects user, customer and attachments to be fetched with the row; `files`: its attachments, where they are known."""
    if row.author_kind == Message.Author.CUSTOMER:
        author = AuthorOut(kind="customer", id=row.customer_id, name=str(row.customer or ""))
    else:
        author = AuthorOut(kind=row.author_kind, id=row.user_id, name=str(row.user or ""))
    return MessageOut(
        id=row.pk,
        direction=row.direction,
        text=row.text,
        html=row.html,
        state=row.state,
        author=author,
        created_at=row.created_at,
        attachments=[
            AttachmentOut(
                id=file.pk,
                name=file.name,
                content_type=file.content_type,
                size=file.size,
                inline=file.is_inline,
                url=f"/api/v1/attachments/{file.pk}",
            )
            for file in (row.attachments.all() if files is None else files)
        ],
    )


def customer(row: Customer) -> CustomerOut:
    """Expects company and identities to be fetched with the row."""
    return CustomerOut(
        id=row.pk,
        name=str(row),
        company=Named(id=row.company.pk, name=row.company.name) if row.company else None,
        identities=[IdentityOut(kind=one.kind, address=one.address) for one in row.identities.all()],
        fields=row.fields,
        created_at=row.created_at,
    )
