"""Teams: who shares work."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.accounts import actions
from sapa.accounts.access import person, requires
from sapa.accounts.forms import TeamForm
from sapa.accounts.models import Team
from sapa.accounts.permissions import Permission
from sapa.accounts.queries import teams_with_counts
from sapa.core.errors import Refused
from sapa.core.forms import done


@require_GET
@requires(Permission.PEOPLE)
def listing(request: HttpRequest) -> HttpResponse:
    """Every team."""
    return render(request, "people/teams.html", {"teams": teams_with_counts(person(request))[:500]})


@require_http_methods(["GET", "POST"])
@requires(Permission.PEOPLE)
def create(request: HttpRequest) -> HttpResponse:
    """A new team."""
    by = person(request)
    form = TeamForm(request.POST or None)
    if done(form, lambda: actions.create_team(**form.cleaned_data, by=by)):
        messages.success(request, _("The team was made."))
        return redirect("people:teams")
    return render(request, "people/team.html", {"form": form})


@require_http_methods(["GET", "POST"])
@requires(Permission.PEOPLE)
def change(request: HttpRequest, id: int) -> HttpResponse:
    """A team's name and members."""
    by = person(request)
    team = get_object_or_404(teams_with_counts(by), pk=id)
    form = TeamForm(request.POST or None, initial={"name": team.name, "members": team.users.all()})
    if done(form, lambda: actions.change_team(team, **form.cleaned_data, by=by)):
        messages.success(request, _("The team was changed."))
        return redirect("people:teams")
    return render(request, "people/team.html", {"form": form, "team": team})


@require_POST
@requires(Permission.PEOPLE)
def delete(request: HttpRequest, id: int) -> HttpResponse:
    """Delete a team."""
    team: Team = get_object_or_404(teams_with_counts(person(request)), pk=id)
    try:
        actions.delete_team(team, by=person(request))
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("people:team", id)
    messages.success(request, _("The team was deleted."))
    return redirect("people:teams")
