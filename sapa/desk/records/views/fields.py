"""The settings of custom fields."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from sapa.accounts.access import person, requires
from sapa.accounts.permissions import Permission
from sapa.core.forms import done
from sapa.customers import actions
from sapa.customers.models import CustomField
from sapa.desk.records.forms import FieldForm


@require_GET
@requires(Permission.SETTINGS)
def listing(request: HttpRequest) -> HttpResponse:
    """Every field (120 at most)."""
    return render(request, "records/fields.html", {"fields": CustomField.objects.order_by("target", "position", "id")})


@require_http_methods(["GET", "POST"])
@requires(Permission.SETTINGS)
def create(request: HttpRequest) -> HttpResponse:
    """A new field."""
    form = FieldForm(request.POST or None)
    if done(form, lambda: actions.create_field(**form.cleaned_data, by=person(request))):
        messages.success(request, _("The field was made."))
        return redirect("records:fields")
    return render(request, "records/field.html", {"form": form})


@require_http_methods(["GET", "POST"])
@requires(Permission.SETTINGS)
def change(request: HttpRequest, id: int) -> HttpResponse:
    """One field's name, choices, position, and whether it is in use."""
    field = get_object_or_404(CustomField, pk=id)
    initial = {name: getattr(field, name) for name in ("name", "choices", "position", "is_active")}
    form = FieldForm(request.POST or None, field=field, initial=initial)
    if done(form, lambda: actions.change_field(field, **form.cleaned_data, by=person(request))):
        messages.success(request, _("The field was changed."))
        return redirect("records:fields")
    return render(request, "records/field.html", {"form": form, "field": field})
