"""Roles: what people may do."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.accounts import actions
from sapa.accounts.access import person, requires
from sapa.accounts.forms import RoleForm
from sapa.accounts.models import Role
from sapa.accounts.permissions import Permission
from sapa.accounts.queries import roles_with_counts
from sapa.core.errors import Refused
from sapa.core.forms import done


@require_GET
@requires(Permission.PEOPLE)
def listing(request: HttpRequest) -> HttpResponse:
    """Every role."""
    return render(request, "people/roles.html", {"roles": roles_with_counts(person(request))})


@require_http_methods(["GET", "POST"])
@requires(Permission.PEOPLE)
def create(request: HttpRequest) -> HttpResponse:
    """A role of one's own."""
    by = person(request)
    form = RoleForm(request.POST or None, initial={"scope": "team"})
    if done(form, lambda: actions.create_role(**form.cleaned_data, by=by)):
        messages.success(request, _("The role was made."))
        return redirect("people:roles")
    return render(request, "people/role.html", {"form": form, "may_change": True})


@require_http_methods(["GET", "POST"])
@requires(Permission.PEOPLE)
def change(request: HttpRequest, id: int) -> HttpResponse:
    """What one role allows."""
    by = person(request)
    role = get_object_or_404(roles_with_counts(by), pk=id)
    initial = {"name": role.name, "scope": role.scope, "permissions": role.permissions}
    form = RoleForm(request.POST or None, initial=initial)
    if done(form, lambda: actions.change_role(role, **form.cleaned_data, by=by)):
        messages.success(request, _("The role was changed."))
        return redirect("people:roles")
    may_change = role.key != "administrator" and actions.within(role, by)
    return render(request, "people/role.html", {"form": form, "role": role, "may_change": may_change})


@require_POST
@requires(Permission.PEOPLE)
def delete(request: HttpRequest, id: int) -> HttpResponse:
    """Delete a role that nobody has."""
    role: Role = get_object_or_404(roles_with_counts(person(request)), pk=id)
    try:
        actions.delete_role(role, by=person(request))
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("people:role", id)
    messages.success(request, _("The role was deleted."))
    return redirect("people:roles")
