"""An agent answers: the message waits in the outbox, can be taken back until it leaves, and leaves exactly once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.accounts.models import User
from sapa.accounts.permissions import Permission
from sapa.conversations.actions._lock import check, envelope, lock
from sapa.conversations.actions._outgoing import lock_for_message, write
from sapa.conversations.facts import Assigned, ContactStarted, MessageCreated, MessageWithdrawn, StatusChanged
from sapa.conversations.models import Attachment, Contact, Conversation, Message
from sapa.core import clock
from sapa.core import html as markup
from sapa.core.errors import Conflict, Refused
from sapa.core.loop import wake
from sapa.timeline.facts import Payload
from sapa.timeline.record import record_many

UNDO_SECONDS = 10
OUTBOX = "outbox"


@dataclass(frozen=True)
class Recipient:
    """One addressee of a message."""

    address: str
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Recipients:
    """To whom an answer goes; without `to` it goes to the customer's identity on the conversation's channel."""

    to: tuple[Recipient, ...] = ()
    cc: tuple[Recipient, ...] = ()
    bcc: tuple[Recipient, ...] = ()

    def to_json(self) -> dict[str, list[dict[str, str]]]:
        return {name: [vars(person) for person in getattr(self, name)] for name in ("to", "cc", "bcc")}


@dataclass(frozen=True, kw_only=True)
class ReplyFile:
    """A file in the file store that goes with an answer."""

    name: str
    content_type: str
    size: int
    sha256: str
    key: str
    content_id: str = ""
    is_inline: bool = False


@transaction.atomic
def reply(
    conversation: Conversation,
    *,
    by: User,
    text: str = "",
    html: str = "",
    recipients: Recipients | None = None,
    files: Sequence[ReplyFile] = (),
    signature: str = "",
    undo_seconds: int = UNDO_SECONDS,
    automatic: bool = False,
) -> Message:
    """Queue an answer to the customer; it leaves after `undo_seconds`. Give text, or HTML (text is made of it).

    signature: plain text that the channel puts below what was written.

    Raises NotAllowed, Refused (nothing written, spam, closed).
    """
    check(by, Permission.REPLY)
    html = markup.clean(html) if html else ""
    text = text.strip() or markup.to_text(html).strip()
    if not text and not files:
        raise Refused(_("Write something before you send."), field="text")
    place = lock_for_message(conversation)
    conversation = place.conversation
    if conversation.status in (Conversation.Status.SPAM, Conversation.Status.CLOSED):
        raise Refused(_("This conversation is closed or spam; reopen it before you answer."))
    now = clock.now()
    facts: list[Payload] = []
    contact_id = place.contact_id
    if contact_id is None:
        contact = Contact.objects.create(
            conversation=conversation, channel=conversation.channel, direction=Contact.Direction.OUT, started_at=now
        )
        contact_id = contact.pk
        facts.append(ContactStarted(direction="out", entry=f"{conversation.channel}:{conversation.inbox_id}"))
    message = Message(
        pk=place.message_id,
        conversation=conversation,
        contact_id=contact_id,
        inbox_id=conversation.inbox_id,
        direction=Message.Direction.OUT,
        author_kind=Message.Author.AUTOMATION if automatic else Message.Author.AGENT,
        user=by,
        text=text,
        html=html,
        signature=signature.strip(),
        recipients=recipients.to_json() if recipients else {},
        is_automatic=automatic,
        state=Message.State.QUEUED,
        send_after=now + timedelta(seconds=undo_seconds),
        created_at=now,
    )
    facts.append(
        MessageCreated(
            message_id=message.pk,
            direction="out",
            author_kind=message.author_kind,
            visibility="public",
            automated=automatic,
        )
    )
    facts += _apply(conversation, message, by)
    write(message, conversation)
    Attachment.objects.bulk_create(Attachment(message=message, **vars(file)) for file in files)
    about = envelope(conversation, by=by, contact_id=contact_id, participants=place.participants)
    record_many([(payload, about) for payload in facts])
    wake(OUTBOX)
    return message


def _apply(conversation: Conversation, message: Message, by: User) -> list[Payload]:
    conversation.last_message_at = conversation.updated_at = message.created_at
    conversation.last_message_text = " ".join(message.text.split())[:200]
    conversation.last_message_direction = "out"
    conversation.waiting_since = None
    facts: list[Payload] = []
    if conversation.assignee_id is None:
        facts.append(
            Assigned(from_user=None, to_user=by.pk, from_team=conversation.team_id, to_team=conversation.team_id)
        )
        conversation.assignee, conversation.holder = by, Conversation.Holder.AGENT
    if conversation.status in (Conversation.Status.SNOOZED, Conversation.Status.RESOLVED):
        facts.append(StatusChanged(from_status=conversation.status, to_status="open", reason="agent_reply"))
        conversation.status = Conversation.Status.OPEN
        conversation.snoozed_until = conversation.resolved_at = None
    return facts


@transaction.atomic
def withdraw(message: Message, *, by: User) -> Message:
    """Take an answer back before it leaves; gives it as it was (for the draft). Raises Conflict when it has left."""
    conversation = lock(message.conversation)
    found = Message.objects.select_for_update().filter(pk=message.pk, user=by, state=Message.State.QUEUED).first()
    if found is None or found.send_after is None or found.attempts:
        raise Conflict(_("It is too late to take this message back: it has left."))
    about = envelope(conversation, by=by)
    found.delete()
    _rewind(conversation)
    conversation.save()
    record_many([(MessageWithdrawn(message_id=message.pk), about)])
    return found


def _rewind(conversation: Conversation) -> None:
    """Say again what the newest remaining message says, and since when the customer waits."""
    said = conversation.messages.exclude(direction__in=["note", "system"]).order_by("-id")
    newest = said.first()
    conversation.updated_at = clock.now()
    conversation.last_message_at = newest.created_at if newest else conversation.created_at
    conversation.last_message_text = " ".join(newest.text.split())[:200] if newest else ""
    conversation.last_message_direction = newest.direction if newest else ""
    if conversation.status in (Conversation.Status.OPEN, Conversation.Status.PENDING, Conversation.Status.SNOOZED):
        answered = said.filter(direction=Message.Direction.OUT, is_automatic=False).values_list("pk", flat=True).first()
        unanswered = said.filter(direction=Message.Direction.IN, is_automatic=False, pk__gt=answered or 0)
        conversation.waiting_since = unanswered.order_by("pk").values_list("created_at", flat=True).first()
