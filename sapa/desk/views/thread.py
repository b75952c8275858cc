"""The thread of a conversation, its head, the panel beside it, and the frame in which mail is shown."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from sapa.accounts.access import person
from sapa.accounts.models import User
from sapa.conversations.models import Attachment, Conversation, Message
from sapa.conversations.queries import messages_visible_to, visible_to
from sapa.core import files
from sapa.core import html as markup
from sapa.desk import choices, panel, snoozes
from sapa.desk.files import file_response
from sapa.desk.thread import file_address, shown
from sapa.desk.thread import thread as thread_of

MOST_SOURCE = 1_000_000  # bytes of a raw message that the page shows; the rest is downloaded


def conversation_of(user: User, id: int, *also: str) -> Conversation:
    """The conversation, if this person may see it; `also`: what is read with it. Raises Http404."""
    return get_object_or_404(visible_to(user).select_related("assignee", "inbox", "team", *also), pk=id)


def thread_context(conversation: Conversation, user: User, *, before: int = 0, since: int = 0) -> dict[str, Any]:
    """What the thread's templates need."""
    return {
        "conversation": conversation,
        "thread": thread_of(conversation, user, before=before, since=since),
        "tags": list(conversation.tags.all()),
        "head": choices.head(conversation, user),
        "snoozes": snoozes.presets(),
    }


@require_safe
def thread(request: HttpRequest, id: int) -> HttpResponse:
    """The whole pane; `?before=` only earlier messages; `?since=` the pane from a message on, to refresh it."""
    user = person(request)
    before, since = (_number(request, name) for name in ("before", "since"))
    context = thread_context(conversation_of(user, id), user, before=before, since=since)
    context["view"] = request.GET.get("view", "open")[:40]
    return render(request, "desk/_entries.html" if before else "desk/_thread.html", context)


@require_safe
def side(request: HttpRequest, id: int) -> HttpResponse:
    """The panel about the customer and the conversation's fields."""
    user = person(request)
    conversation = conversation_of(user, id, "customer__company")
    return render(request, "desk/_side.html", {"conversation": conversation, **panel.of(conversation, user)})


@require_safe
def message(request: HttpRequest, id: int, message: int) -> HttpResponse:
    """One message as it is now."""
    user = person(request)
    row = _message(user, id, message)
    return render(request, "desk/_message.html", {"message": shown(row, user), "conversation": row.conversation})


@require_safe
def frame(request: HttpRequest, id: int, message: int) -> HttpResponse:
    """The HTML of a mail as a document of its own, which may load nothing and run nothing; `?images=1` lets pictures in."""
    row = _message(person(request), id, message)
    remote = request.GET.get("images") == "1"
    inline = {file.content_id: file_address(file) for file in row.attachments.all() if file.content_id}
    html = row.quoted_html if request.GET.get("part") == "quoted" else row.html
    # It was cleaned when it came in; the sandbox and the policy below hold whatever that let through.
    body = markup.reveal(html, inline=inline, remote=remote)
    response = render(request, "desk/frame_of_mail.html", {"body": body, "is_designed": _is_designed(html)})
    images = "img-src 'self' data: https: http:" if remote else "img-src 'self' data:"
    response["Content-Security-Policy"] = (
        f"default-src 'none'; {images}; style-src 'self' 'unsafe-inline'; form-action 'none'; base-uri 'none';"
        " frame-ancestors 'self'; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
    )
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, max-age=3600"
    return response


@require_safe
def source(request: HttpRequest, id: int, message: int) -> HttpResponse:
    """The raw message as it came, as plain text."""
    row = _message(person(request), id, message)
    content = files.read(row.raw)[:MOST_SOURCE] if row.raw else b""
    response = HttpResponse(content, content_type="text/plain; charset=utf-8")
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Content-Disposition"] = f'inline; filename="message-{row.pk}.txt"'
    return response


@require_safe
def file(request: HttpRequest, id: int, name: str = "") -> HttpResponse:
    """A file of a message this person may see; `?save=1` always saves it."""
    messages = messages_visible_to(person(request))
    found = get_object_or_404(Attachment.objects.filter(message__in=messages), pk=id)
    return file_response(found, save=request.GET.get("save") == "1")


def _message(user: User, conversation: int, message: int) -> Message:
    rows = messages_visible_to(user).select_related("conversation", "user", "customer").prefetch_related("attachments")
    return get_object_or_404(rows, pk=message, conversation_id=conversation)


def _is_designed(html: str) -> bool:
    """Whether the mail sets its own colours: then it is shown on white paper also in the dark."""
    return any(mark in html for mark in ("bgcolor=", "background", "color:", "<table", "<font"))


def _number(request: HttpRequest, name: str) -> int:
    value = request.GET.get(name, "")
    return int(value) if value.isdecimal() and len(value) < 19 else 0
