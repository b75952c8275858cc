"""Changes made in the workspace: each view reads one form, calls one action, and says what changed."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from sapa.accounts.access import person
from sapa.accounts.models import Team, User
from sapa.conversations import actions
from sapa.conversations.models import Conversation
from sapa.conversations.queries import visible_to
from sapa.core.errors import Refused
from sapa.customers.actions import change_customer
from sapa.desk import choices, snoozes
from sapa.desk.answers import changed, refusals


def _found(request: HttpRequest, id: int) -> Conversation:
    return get_object_or_404(visible_to(person(request)).select_related("assignee", "team"), pk=id)


@require_safe
def people(request: HttpRequest, id: int) -> HttpResponse:
    """The menu of people and teams who may get the conversation."""
    conversation = _found(request, id)
    users, teams = choices.people(conversation)
    return render(
        request,
        "desk/_people.html",
        {"conversation": conversation, "people": users, "teams": teams, "me": request.user},
    )


@require_POST
@refusals
def assign(request: HttpRequest, id: int) -> HttpResponse:
    """`to`: a person's id, `me`, or empty for nobody; `team`: a team's id or empty. What is not sent stays."""
    conversation = _found(request, id)
    to, team = conversation.assignee, conversation.team
    if "to" in request.POST:
        to = _person(request, request.POST["to"])
    if "team" in request.POST:
        team = _team(request.POST["team"])
    actions.assign(conversation, by=person(request), to=to, team=team)
    return changed(request, conversation)


def _person(request: HttpRequest, value: str) -> User | None:
    if value == "me":
        return person(request)
    found = User.objects.filter(pk=int(value)).first() if value.isdecimal() and len(value) < 19 else None
    if value and found is None:
        raise Refused(_("There is no such person; choose one of the list."), field="to")
    return found


def _team(value: str) -> Team | None:
    found = Team.objects.filter(pk=int(value)).first() if value.isdecimal() and len(value) < 19 else None
    if value and found is None:
        raise Refused(_("There is no such team; choose one of the list."), field="team")
    return found


@require_POST
@refusals
def status(request: HttpRequest, id: int) -> HttpResponse:
    """`status`: the new one. Offers to take it back."""
    conversation = _found(request, id)
    before = conversation.status
    after = actions.change_status(conversation, request.POST.get("status", ""), by=person(request))
    sentences = {
        "resolved": _("Conversation #%(number)s is resolved."),
        "spam": _("Conversation #%(number)s is marked as spam."),
        "closed": _("Conversation #%(number)s is closed."),
    }
    if before == after.status or after.status not in sentences:
        return changed(request, conversation)
    toast = {"text": sentences[after.status] % {"number": conversation.number}, "undo": _undo(conversation, before)}
    return changed(request, conversation, toast=toast, advance=True)


def _undo(conversation: Conversation, before: str) -> dict[str, object]:
    """How the page takes a change of status back; a snooze that ended becomes open."""
    to = before if before in ("open", "pending", "resolved", "closed", "spam") else "open"
    return {"label": _("Undo"), "url": f"/conversations/{conversation.pk}/status", "values": {"status": to}}


@require_POST
@refusals
def snooze(request: HttpRequest, id: int) -> HttpResponse:
    """`until`: local time of the person, such as 2026-11-23T08:00."""
    conversation = _found(request, id)
    before = conversation.status
    actions.snooze(conversation, snoozes.moment(request.POST.get("until", "")), by=person(request))
    text = _("Conversation #%(number)s is snoozed.") % {"number": conversation.number}
    return changed(request, conversation, toast={"text": text, "undo": _undo(conversation, before)}, advance=True)


@require_POST
@refusals
def priority(request: HttpRequest, id: int) -> HttpResponse:
    """`priority`: 1 (low) to 4 (urgent)."""
    conversation = _found(request, id)
    value = request.POST.get("priority", "")
    actions.set_priority(conversation, int(value) if value.isdecimal() and len(value) < 3 else 0, by=person(request))
    return changed(request, conversation)


@require_safe
def tag_menu(request: HttpRequest, id: int) -> HttpResponse:
    """The editor of tags, with the words already in use."""
    conversation = _found(request, id)
    chosen = [tag.name for tag in conversation.tags.all()]
    return render(
        request, "desk/_tags.html", {"conversation": conversation, "chosen": chosen, "names": choices.tag_names()}
    )


@require_POST
@refusals
def tags(request: HttpRequest, id: int) -> HttpResponse:
    """`tags`: all of them, by comma or as repeated fields; or `add`/`remove`: one."""
    conversation = _found(request, id)
    names = {tag.name for tag in conversation.tags.all()}
    if "tags" in request.POST:
        names = {name for value in request.POST.getlist("tags") for name in value.split(",")}
    names |= {name for value in request.POST.getlist("add") for name in value.split(",")}
    actions.set_tags(conversation, names - set(request.POST.getlist("remove")), by=person(request))
    return changed(request, conversation)


@require_POST
@refusals
def subject(request: HttpRequest, id: int) -> HttpResponse:
    """`subject`: the new one."""
    conversation = _found(request, id)
    actions.rename(conversation, request.POST.get("subject", ""), by=person(request))
    return changed(request, conversation)


@require_POST
@refusals
def fields(request: HttpRequest, id: int) -> HttpResponse:
    """`key` and `value` of one custom field of the conversation."""
    conversation = _found(request, id)
    actions.set_field(conversation, request.POST.get("key", ""), request.POST.get("value", ""), by=person(request))
    return changed(request, conversation)


@require_POST
@refusals
def customer(request: HttpRequest, id: int) -> HttpResponse:
    """`key` and `value` of one custom field of the customer, or their `name`."""
    conversation = _found(request, id)
    by = person(request)
    if "name" in request.POST:
        change_customer(conversation.customer, by=by, name=request.POST["name"])
    if "key" in request.POST:
        change_customer(conversation.customer, by=by, fields={request.POST["key"]: request.POST.get("value", "")})
    return changed(request, conversation)


@require_POST
def seen(request: HttpRequest, id: int) -> HttpResponse:
    """This person has the newest message (or `message`) before their eyes."""
    value = request.POST.get("message", "")
    upto = int(value) if value.isdecimal() and len(value) < 19 else None
    actions.see(_found(request, id), by=person(request), message_id=upto)
    return HttpResponse(status=204)


@require_POST
def unread(request: HttpRequest, id: int) -> HttpResponse:
    """Mark it unread again."""
    conversation = _found(request, id)
    actions.unsee(conversation, by=person(request))
    return changed(request, conversation, unread=True)
