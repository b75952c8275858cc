"""Customers: searched, shown, changed, merged."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.accounts.access import person, requires
from sapa.accounts.permissions import Permission
from sapa.conversations import queries as conversations
from sapa.conversations.actions import merge_customers
from sapa.core.errors import Refused
from sapa.core.forms import done
from sapa.customers import actions
from sapa.customers.models import Customer
from sapa.customers.queries import fields_of, page, search, visible_to
from sapa.desk.records.forms import CustomerForm, IdentityForm


@require_GET
@requires(Permission.CUSTOMER_READ)
def listing(request: HttpRequest) -> HttpResponse:
    """Customers, newest first, searched by name or address."""
    words, before = request.GET.get("q", ""), request.GET.get("before", "")
    rows = search(visible_to(person(request)), words)
    found = page(rows, int(before) if before.isdecimal() and len(before) < 19 else None)
    return render(request, "records/customers.html", {"page": found, "words": words})


@require_http_methods(["GET", "POST"])
@requires(Permission.CUSTOMER_READ, Permission.CUSTOMER_CHANGE)
def create(request: HttpRequest) -> HttpResponse:
    """A new customer."""
    form, made = CustomerForm(request.POST or None), list[Customer]()
    if done(form, lambda: made.append(actions.create_customer(by=person(request), **form.values()))):  # type: ignore[arg-type]
        return redirect("records:customer", made[0].pk)
    return render(request, "records/customer_form.html", {"form": form})


@require_GET
@requires(Permission.CUSTOMER_READ)
def show(request: HttpRequest, id: int) -> HttpResponse:
    """One customer: data, addresses, conversations that this person may see."""
    return _show(request, get_object_or_404(visible_to(person(request)), pk=id), IdentityForm())


@require_http_methods(["GET", "POST"])
@requires(Permission.CUSTOMER_READ, Permission.CUSTOMER_CHANGE)
def change(request: HttpRequest, id: int) -> HttpResponse:
    """Change a customer's data."""
    customer = get_object_or_404(visible_to(person(request)), pk=id)
    initial = {
        name: getattr(customer, name) for name in ("name", "company", "language", "time_zone", "note", "is_blocked")
    }
    form = CustomerForm(request.POST or None, customer=customer, initial=initial)
    if done(form, lambda: actions.change_customer(customer, by=person(request), **form.values())):  # type: ignore[arg-type]
        return redirect("records:customer", id)
    return render(request, "records/customer_form.html", {"form": form, "customer": customer})


@require_POST
@requires(Permission.CUSTOMER_READ, Permission.CUSTOMER_CHANGE)
def add_identity(request: HttpRequest, id: int) -> HttpResponse:
    """Another address."""
    customer = get_object_or_404(visible_to(person(request)), pk=id)
    form = IdentityForm(request.POST)
    if done(form, lambda: actions.add_identity(customer, **form.cleaned_data, by=person(request))):
        return redirect("records:customer", id)
    return _show(request, customer, form)


@require_POST
@requires(Permission.CUSTOMER_READ, Permission.CUSTOMER_CHANGE)
def remove_identity(request: HttpRequest, id: int, identity: int) -> HttpResponse:
    """Forget an address."""
    customer = get_object_or_404(visible_to(person(request)), pk=id)
    actions.remove_identity(get_object_or_404(customer.identities, pk=identity), by=person(request))
    return redirect("records:customer", id)


@require_http_methods(["GET", "POST"])
@requires(Permission.CUSTOMER_READ, Permission.CUSTOMER_CHANGE)
def merge(request: HttpRequest, id: int) -> HttpResponse:
    """Find the other record of the same person, then put it into this one."""
    by = person(request)
    kept = get_object_or_404(visible_to(by), pk=id)
    if request.method == "POST":
        other = request.POST.get("other", "")
        gone = get_object_or_404(visible_to(by), pk=int(other) if other.isdecimal() else 0)
        try:
            merge_customers(kept, gone, by=by)
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect("records:merge", id)
        messages.success(request, _("The two customers are one now."))
        return redirect("records:customer", id)
    words = request.GET.get("q", "")
    found = search(visible_to(by).exclude(pk=id), words).order_by("-id")[:20] if words.strip() else []
    return render(request, "records/merge.html", {"customer": kept, "words": words, "found": found})


def _show(request: HttpRequest, customer: Customer, form: IdentityForm) -> HttpResponse:
    seen = conversations.visible_to(person(request)).filter(customer=customer)
    found = conversations.page(seen, limit=25)
    own = [(field.name, customer.fields.get(field.key)) for field in fields_of("customer")]
    parts = {"customer": customer, "form": form, "conversations": found.items, "own": own}
    return render(request, "records/customer.html", parts)
