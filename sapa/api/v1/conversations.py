"""Conversations: list, read, create, change."""

import secrets
from typing import TypeVar

from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Query, Router, Status

from sapa.accounts.models import Team, User
from sapa.accounts.permissions import Permission
from sapa.accounts.tokens import TokenScope
from sapa.api.access import caller, scope
from sapa.api.problems import ERRORS
from sapa.api.v1 import show
from sapa.api.v1.shapes import (
    ConversationChange,
    ConversationIn,
    ConversationOut,
    ConversationQuery,
    ConversationWhole,
    Id,
    PageOut,
)
from sapa.conversations import actions, queries
from sapa.conversations.models import Conversation, Inbox
from sapa.core.errors import NotAllowed, Refused
from sapa.customers import queries as customers
from sapa.customers.models import Customer, Identity

M = TypeVar("M", User, Team)
router = Router(tags=["conversations"])


def find(request: HttpRequest, id: int) -> Conversation:
    """The conversation if the caller may see it. Raises Http404."""
    return get_object_or_404(
        queries.visible_to(caller(request)).select_related("customer", "inbox", "assignee", "team"), pk=id
    )


@router.get("/conversations", response={200: PageOut[ConversationOut], **ERRORS}, summary="List conversations")
@scope(TokenScope.CONVERSATIONS_READ)
def list_conversations(request: HttpRequest, query: Query[ConversationQuery]) -> PageOut[ConversationOut]:
    """Newest activity first."""
    wanted = query.model_dump(exclude_none=True, exclude={"limit", "cursor"})
    rows = queries.visible_to(caller(request)).select_related("customer", "inbox", "assignee", "team").filter(**wanted)
    try:
        page = queries.page(rows, cursor=query.cursor or "", limit=query.limit)
    except (ValueError, OverflowError) as error:
        raise Refused(_("This is not a cursor that a page gave."), field="cursor") from error
    return PageOut(items=[show.conversation(row) for row in page.items], next=page.next or None)


@router.get("/conversations/{id}", response={200: ConversationWhole, **ERRORS}, summary="Read a conversation")
@scope(TokenScope.CONVERSATIONS_READ)
def read_conversation(request: HttpRequest, id: Id) -> ConversationWhole:
    return show.whole(find(request, id))


@router.post("/conversations", response={201: ConversationWhole, **ERRORS}, summary="Create a conversation")
@scope(TokenScope.CONVERSATIONS_WRITE)
def create_conversation(request: HttpRequest, payload: ConversationIn) -> Status[ConversationWhole]:
    """`in`: received as if the customer had sent it, once for each `outside_id`; `out`: sent to the customer."""
    user = caller(request)
    inbox = next((row for row in queries.inboxes_visible_to(user) if row.pk == payload.inbox), None)
    if inbox is None:
        raise Refused(_("There is no inbox %(id)s that you may use.") % {"id": payload.inbox}, field="inbox")
    if not user.may(Permission.REPLY):
        raise NotAllowed(_("Your role does not allow this: %(right)s.") % {"right": Permission.REPLY.label})
    with transaction.atomic():
        if payload.direction == "in":
            id = _receive(inbox, payload, user)
        else:
            conversation = actions.start(
                inbox=inbox, customer=_customer(payload, user), subject=payload.subject, by=user
            )
            actions.reply(conversation, by=user, text=payload.text, undo_seconds=0)
            id = conversation.pk
    return Status(
        201, show.whole(Conversation.objects.select_related("customer", "inbox", "assignee", "team").get(pk=id))
    )


def _receive(inbox: Inbox, payload: ConversationIn, user: User) -> int:
    customer = _customer(payload, user)
    identity = customer.identities.filter(kind=Identity.Kind.EMAIL).first() or customer.identities.first()
    if identity is None:
        raise Refused(_("%(customer)s has no address on this channel.") % {"customer": customer}, field="customer")
    received = actions.receive(
        [
            actions.Incoming(
                inbox_id=inbox.pk,
                channel=inbox.channel,
                outside_id=f"api:{payload.outside_id or secrets.token_hex(16)}",
                identity_kind=identity.kind,
                address=identity.address,
                name=customer.name,
                subject=payload.subject,
                text=payload.text,
            )
        ]
    )
    return received[0].conversation_id


def _customer(payload: ConversationIn, user: User) -> Customer:
    wanted = payload.customer
    if wanted.id is not None:
        found = customers.visible_to(user).filter(pk=wanted.id).first()
        if found is None:
            raise Refused(_("There is no customer %(id)s.") % {"id": wanted.id}, field="customer.id")
        return found
    if wanted.email is None:
        raise Refused(_("Give the customer's id or e-mail address."), field="customer")
    return actions.customer_at(Identity.Kind.EMAIL, wanted.email.lower(), name=wanted.name)


@router.patch("/conversations/{id}", response={200: ConversationWhole, **ERRORS}, summary="Change a conversation")
@scope(TokenScope.CONVERSATIONS_WRITE)
def change_conversation(request: HttpRequest, id: Id, payload: ConversationChange) -> ConversationWhole:
    """All changes or none."""
    user = caller(request)
    given = payload.model_dump(exclude_unset=True)
    with transaction.atomic():
        conversation = find(request, id)
        if "subject" in given:
            actions.rename(conversation, payload.subject or "", by=user)
        if payload.priority is not None:
            actions.set_priority(conversation, payload.priority, by=user)
        if payload.tags is not None:
            actions.set_tags(conversation, payload.tags, by=user)
        for key, value in (payload.fields or {}).items():
            actions.set_field(conversation, key, value, by=user)
        if "assignee" in given or "team" in given:
            to = _one(User, payload.assignee, "assignee") if "assignee" in given else conversation.assignee
            team = _one(Team, payload.team, "team") if "team" in given else conversation.team
            actions.assign(conversation, by=user, to=to, team=team)
        _change_status(conversation, payload, user)
    return show.whole(Conversation.objects.select_related("customer", "inbox", "assignee", "team").get(pk=id))


def _change_status(conversation: Conversation, payload: ConversationChange, user: User) -> None:
    if payload.status == "snoozed" or (payload.status is None and payload.snoozed_until):
        if payload.snoozed_until is None or payload.snoozed_until.tzinfo is None:
            raise Refused(_("Say until when it is snoozed, with a time zone."), field="snoozed_until")
        actions.snooze(conversation, payload.snoozed_until, by=user)
    elif payload.status is not None:
        actions.change_status(conversation, payload.status, by=user)


def _one(model: type[M], id: int | None, field: str) -> M | None:
    if id is None:
        return None
    found = model._default_manager.filter(pk=id).first()
    if found is None:
        raise Refused(_("There is none with the id %(id)s.") % {"id": id}, field=field)
    return found
