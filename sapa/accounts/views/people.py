"""People: listed, changed, shut out and let in again."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.accounts import actions
from sapa.accounts.access import person, requires
from sapa.accounts.forms import PersonForm
from sapa.accounts.models import User
from sapa.accounts.permissions import Permission
from sapa.accounts.queries import pending_invitations, people_visible_to
from sapa.core.errors import Refused
from sapa.core.forms import done
from sapa.core.pages import page_of


@require_GET
@requires(Permission.PEOPLE)
def listing(request: HttpRequest) -> HttpResponse:
    """Everybody, and who is invited."""
    by = person(request)
    found = page_of(people_visible_to(by), request.GET.get("page", ""))
    return render(request, "people/people.html", {"page": found, "pending": pending_invitations(by)[:100]})


@require_http_methods(["GET", "POST"])
@requires(Permission.PEOPLE)
def change(request: HttpRequest, id: int) -> HttpResponse:
    """One person's name, role and teams."""
    by = person(request)
    user = get_object_or_404(people_visible_to(by), pk=id)
    initial = {"name": user.name, "role": user.role_id, "teams": user.teams.all()}
    form = PersonForm(request.POST or None, by=by, initial=initial)
    if done(form, lambda: actions.change_user(user, **form.cleaned_data, by=by)):
        messages.success(request, _("%(name)s was changed.") % {"name": form.cleaned_data["name"]})
        return redirect("people:people")
    may_change = actions.within(user.role, by)
    return render(request, "people/person.html", {"form": form, "found": user, "may_change": may_change})


@require_POST
@requires(Permission.PEOPLE)
def deactivate(request: HttpRequest, id: int) -> HttpResponse:
    """Shut a person out."""
    user = get_object_or_404(people_visible_to(person(request)), pk=id)
    try:
        actions.deactivate_user(user, by=person(request))
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("people:person", id)
    messages.success(request, _("%(name)s can no longer log in.") % {"name": user})
    return redirect("people:people")


@require_POST
@requires(Permission.PEOPLE)
def reactivate(request: HttpRequest, id: int) -> HttpResponse:
    """Let a person in again."""
    user: User = get_object_or_404(people_visible_to(person(request)), pk=id)
    try:
        actions.reactivate_user(user, by=person(request))
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("people:person", id)
    messages.success(request, _("%(name)s can log in again.") % {"name": user})
    return redirect("people:people")
