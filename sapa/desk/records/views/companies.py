"""Companies: listed, shown with their customers, changed, deleted."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.accounts.access import person, requires
from sapa.accounts.permissions import Permission
from sapa.core.forms import done
from sapa.core.pages import page_of
from sapa.customers import actions
from sapa.customers.queries import companies_visible_to, page, visible_to
from sapa.desk.records.forms import CompanyForm


@require_GET
@requires(Permission.CUSTOMER_READ)
def listing(request: HttpRequest) -> HttpResponse:
    """Every company."""
    found = page_of(companies_visible_to(person(request)), request.GET.get("page", ""))
    return render(request, "records/companies.html", {"page": found})


@require_http_methods(["GET", "POST"])
@requires(Permission.CUSTOMER_READ, Permission.CUSTOMER_CHANGE)
def create(request: HttpRequest) -> HttpResponse:
    """A new company."""
    form = CompanyForm(request.POST or None)
    if done(form, lambda: actions.create_company(**form.cleaned_data, by=person(request))):
        messages.success(request, _("The company was made."))
        return redirect("records:companies")
    return render(request, "records/company.html", {"form": form})


@require_http_methods(["GET", "POST"])
@requires(Permission.CUSTOMER_READ)
def change(request: HttpRequest, id: int) -> HttpResponse:
    """One company, its customers, and its data to change."""
    by = person(request)
    company = get_object_or_404(companies_visible_to(by), pk=id)
    initial = {"name": company.name, "domains": company.domains, "note": company.note}
    form = CompanyForm(request.POST or None, initial=initial)
    if done(form, lambda: actions.change_company(company, **form.cleaned_data, by=by)):
        messages.success(request, _("The company was changed."))
        return redirect("records:companies")
    customers = page(visible_to(by).filter(company=company))
    return render(request, "records/company.html", {"form": form, "company": company, "customers": customers.items})


@require_POST
@requires(Permission.CUSTOMER_READ, Permission.CUSTOMER_CHANGE)
def delete(request: HttpRequest, id: int) -> HttpResponse:
    """Delete a company; its customers stay."""
    company = get_object_or_404(companies_visible_to(person(request)), pk=id)
    actions.delete_company(company, by=person(request))
    messages.success(request, _("The company was deleted; its customers stay."))
    return redirect("records:companies")
