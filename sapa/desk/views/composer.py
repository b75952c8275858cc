"""The composer: its fragment, drafts, their files, sending and taking back. Scripts are answered in JSON, forms by pages."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from sapa.accounts.access import person
from sapa.accounts.models import User
from sapa.channels.email.recipients import read_lines
from sapa.conversations import actions
from sapa.conversations.actions import Recipients
from sapa.conversations.models import Conversation, Draft, DraftFile, Message
from sapa.conversations.queries import colleagues_of, visible_to
from sapa.core import html as markup
from sapa.core.errors import Conflict, NotAllowed, Refused, TooMuch
from sapa.desk.answers import is_fragment, refusal, trigger
from sapa.desk.composer import composer, file_address, signature
from sapa.desk.files import file_response

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
_STATUS: dict[type[Refused], int] = {Conflict: 409, NotAllowed: 403, TooMuch: 413}


def answers(view: View[P]) -> View[P]:
    """A refusal is one sentence: JSON with the field to blame for a script, else as everywhere on the desk."""

    @wraps(view)
    def told(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Refused as refused:
            if not _is_script(request):
                return refusal(request, str(refused))
            body = {"sentence": str(refused), "field": refused.field}
            return JsonResponse(body, status=_STATUS.get(type(refused), 422))

    return told


@require_safe
def fragment(request: HttpRequest, id: int) -> HttpResponse:
    """`?kind=`: reply or note; `?focus=1`: with the cursor in the text. Without htmx a page of its own."""
    state = composer(_found(request, id), person(request), request.GET.get("kind", ""))
    name = "_composer" if is_fragment(request) else "page"
    return render(request, f"desk/composer/{name}.html", {"composer": state, "focus": request.GET.get("focus") == "1"})


@require_POST
@answers
def draft(request: HttpRequest, id: int) -> HttpResponse:
    """Save: `kind`, `html` or `text`, `to`, `cc`, `bcc`, `version`, `editor`. Says what another tab had written."""
    conversation, user = _found(request, id), person(request)
    problem = None
    try:
        people = _recipients(request)
    except Refused as refused:  # an address that is only half typed must not keep the text from being saved
        people, problem = None, {"sentence": str(refused), "field": refused.field}
    saved = _save(request, conversation, user, request.POST.get("kind", ""), people)
    if not _is_script(request):
        return redirect("desk:permalink", conversation.pk)
    others = [other["html"] for other in saved.others]
    body = {"version": saved.version, "others": others, "problem": problem}
    return JsonResponse(body, status=409 if others else 200)


@require_POST
@answers
def discard(request: HttpRequest, id: int) -> HttpResponse:
    """Throw the draft of a `kind` away."""
    conversation = _found(request, id)
    actions.discard_draft(conversation, by=person(request), kind=request.POST.get("kind", ""))
    return _done(request, conversation)


@require_POST
@answers
def settle(request: HttpRequest, id: int) -> HttpResponse:
    """The person has seen what other tabs had written."""
    conversation = _found(request, id)
    actions.settle_draft(conversation, by=person(request), kind=request.POST.get("kind", ""))
    return _done(request, conversation)


@require_POST
@answers
def add_file(request: HttpRequest, id: int) -> HttpResponse:
    """`file`, `kind`, `inline=1` for a picture in the text."""
    conversation, user = _found(request, id), person(request)
    uploaded = request.FILES.get("file")
    if uploaded is None:
        raise Refused(_("No file arrived; choose one and try again."), field="file")
    added = _add(uploaded, conversation, user, request.POST.get("kind", ""), inline=request.POST.get("inline") == "1")
    return (
        JsonResponse(_described(conversation, added), status=201)
        if _is_script(request)
        else _done(request, conversation)
    )


def _add(
    uploaded: "UploadedFile[bytes]", conversation: Conversation, user: User, kind: str, *, inline: bool = False
) -> DraftFile:
    """Too large a file is refused before it is read into memory."""
    if uploaded.size is None or uploaded.size > settings.UPLOAD_LIMIT:
        raise actions.too_large(uploaded.name or "")
    return actions.add_file(
        conversation, by=user, kind=kind, name=uploaded.name or "", content=uploaded.read(), inline=inline
    )


@require_safe
def file(request: HttpRequest, id: int, file: int) -> HttpResponse:
    """A file of one's own draft."""
    rows = DraftFile.objects.filter(draft__user=person(request), draft__conversation=_found(request, id))
    return file_response(get_object_or_404(rows, pk=file))


@require_POST
@answers
def remove_file(request: HttpRequest, id: int, file: int) -> HttpResponse:
    """Take a file off one's own draft."""
    conversation = _found(request, id)
    actions.remove_file(conversation, by=person(request), file_id=file)
    return _done(request, conversation)


@require_POST
@answers
def reply(request: HttpRequest, id: int) -> HttpResponse:
    """Send the answer as it stands in the form, with the draft's files; `then`: a status to set with it."""
    return _send(request, id, Draft.Kind.REPLY)


@require_POST
@answers
def note(request: HttpRequest, id: int) -> HttpResponse:
    """Save the note as it stands in the form, with the draft's files."""
    return _send(request, id, Draft.Kind.NOTE)


def _send(request: HttpRequest, id: int, kind: Draft.Kind) -> HttpResponse:
    conversation, user = _found(request, id), person(request)
    before, then = conversation.status, request.POST.get("then", "")
    with transaction.atomic():
        version = _number(request, "version")
        if version and not Draft.objects.filter(conversation=conversation, user=user, kind=kind).exists():
            raise Conflict(_("This has been sent or thrown away already, perhaps in another tab."))
        people = _recipients(request)
        if people is not None and not people.to:
            raise Refused(_("Write at least one address in the line «To»."), field="to")
        _save(request, conversation, user, kind, people)
        for uploaded in [] if _is_script(request) else request.FILES.getlist("file"):
            _add(uploaded, conversation, user, kind)
        written = signature(user, conversation) if kind == Draft.Kind.REPLY else ""
        message = actions.send_draft(conversation, by=user, kind=kind, signature=written)
        if then:
            actions.change_status(conversation, then, by=user)
    if not _is_script(request):
        return redirect("desk:permalink", conversation.pk)
    undo = actions.UNDO_SECONDS if kind == Draft.Kind.REPLY else 0
    return JsonResponse({"message": message.pk, "undo_seconds": undo, "was": before if then else ""}, status=201)


@require_POST
@answers
def withdraw(request: HttpRequest, id: int) -> HttpResponse:
    """Undo sending: `message`, and `was`: the status to go back to."""
    conversation, user = _found(request, id), person(request)
    rows = Message.objects.filter(conversation=conversation, user=user)
    message = rows.filter(pk=_number(request, "message")).first()
    if message is None:
        raise Conflict(_("This message has been taken back already."))
    with transaction.atomic():
        actions.take_back(message, by=user)
        was = request.POST.get("was", "")
        if was in Conversation.Status.values and was != Conversation.Status.SNOOZED:
            actions.change_status(conversation, was, by=user)
    if is_fragment(request):  # the button on the message itself
        about, text = {"conversation": id}, _("The answer was taken back. It is a draft again.")
        events = {"sapa:changed": about, "sapa:taken-back": about, "sapa:toast": {"text": text}}
        return trigger(HttpResponse(status=204), events)
    return _done(request, conversation)


@require_safe
def colleagues(request: HttpRequest, id: int) -> HttpResponse:
    """`?q=`: colleagues whose name begins so (any word of it), for @mention."""
    _found(request, id)
    people = colleagues_of(person(request), starting=request.GET.get("q", ""))
    return JsonResponse({"items": [{"id": user.pk, "name": str(user), "email": user.email} for user in people]})


def _found(request: HttpRequest, id: int) -> Conversation:
    return get_object_or_404(visible_to(person(request)).select_related("inbox", "customer"), pk=id)


def _is_script(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def _done(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    return HttpResponse(status=204) if _is_script(request) else redirect("desk:permalink", conversation.pk)


def _number(request: HttpRequest, name: str) -> int:
    value = request.POST.get(name, "")
    return int(value) if value.isdecimal() and len(value) < 10 else 0


def _save(request: HttpRequest, conversation: Conversation, user: User, kind: str, people: Recipients | None) -> Draft:
    """What the form holds, as a draft; a plain form has `text` instead of `html`."""
    html = request.POST["html"] if "html" in request.POST else markup.from_text(request.POST.get("text", ""))
    return actions.save_draft(
        conversation,
        by=user,
        kind=kind,
        html=html,
        recipients=people,
        version=_number(request, "version"),
        editor=request.POST.get("editor", ""),
    )


def _recipients(request: HttpRequest) -> Recipients | None:
    if "to" not in request.POST:
        return None
    return read_lines(*(request.POST.get(line, "") for line in ("to", "cc", "bcc")))


def _described(conversation: Conversation, file: DraftFile) -> Mapping[str, Any]:
    return {
        "id": file.pk,
        "name": file.name,
        "size": file.size,
        "type": file.content_type,
        "content_id": file.content_id,
        "url": file_address(conversation, file),
    }
