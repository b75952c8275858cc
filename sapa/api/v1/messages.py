"""Messages of a conversation: list, answer, note; and their attachments."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from sapa.accounts.tokens import TokenScope
from sapa.api.access import caller, scope
from sapa.api.problems import ERRORS
from sapa.api.v1 import show
from sapa.api.v1.conversations import find
from sapa.api.v1.shapes import Id, MessageOut, NoteIn, PageOut, PageQuery, PersonIn, ReplyIn
from sapa.conversations import actions, queries
from sapa.conversations.models import Attachment
from sapa.core import files

router = Router(tags=["messages"])


@router.get("/conversations/{id}/messages", response={200: PageOut[MessageOut], **ERRORS}, summary="List messages")
@scope(TokenScope.CONVERSATIONS_READ)
def list_messages(request: HttpRequest, id: Id, query: Query[PageQuery]) -> PageOut[MessageOut]:
    """Oldest first."""
    rows = find(request, id).messages.select_related("user", "customer").prefetch_related("attachments")
    after = int(query.cursor or "0")
    found = list(rows.filter(id__gt=after).order_by("id")[: query.limit + 1])
    more = len(found) > query.limit
    return PageOut(
        items=[show.message(row) for row in found[: query.limit]], next=str(found[query.limit - 1].pk) if more else None
    )


@router.get("/messages/{id}", response={200: MessageOut, **ERRORS}, summary="Read a message")
@scope(TokenScope.CONVERSATIONS_READ)
def read_message(request: HttpRequest, id: Id) -> MessageOut:
    rows = (
        queries.messages_visible_to(caller(request)).select_related("user", "customer").prefetch_related("attachments")
    )
    return show.message(get_object_or_404(rows, pk=id))


@router.post("/conversations/{id}/reply", response={201: MessageOut, **ERRORS}, summary="Answer the customer")
@scope(TokenScope.CONVERSATIONS_WRITE)
def create_reply(request: HttpRequest, id: Id, payload: ReplyIn) -> Status[MessageOut]:
    """Sent at once: there is no time to undo as on the page."""
    recipients = actions.Recipients(to=_people(payload.to), cc=_people(payload.cc), bcc=_people(payload.bcc))
    named = recipients if payload.to or payload.cc or payload.bcc else None
    conversation = get_object_or_404(queries.visible_to(caller(request)).only("id"), pk=id)  # the action reads the rest
    message = actions.reply(
        conversation, by=caller(request), text=payload.text, html=payload.html, recipients=named, undo_seconds=0
    )
    return Status(201, show.message(message, files=()))


@router.post("/conversations/{id}/note", response={201: MessageOut, **ERRORS}, summary="Write an internal note")
@scope(TokenScope.CONVERSATIONS_WRITE)
def create_note(request: HttpRequest, id: Id, payload: NoteIn) -> Status[MessageOut]:
    return Status(201, show.message(actions.note(find(request, id), by=caller(request), text=payload.text)))


@router.get("/attachments/{id}", response={200: bytes, **ERRORS}, include_in_schema=False)
@scope(TokenScope.CONVERSATIONS_READ)
def read_attachment(request: HttpRequest, id: Id) -> HttpResponse:
    """The file itself, always as a download; the server streams it (X-Sapa-File)."""
    rows = Attachment.objects.filter(message__conversation__in=queries.visible_to(caller(request)))
    file = get_object_or_404(rows, pk=id)
    response = HttpResponse(content_type="application/octet-stream")
    response["Content-Disposition"] = "attachment"
    response["X-Sapa-File"] = str(files.path(file.key))
    return response


def _people(people: list[PersonIn]) -> tuple[actions.Recipient, ...]:
    return tuple(actions.Recipient(address=person.address, name=person.name) for person in people)
