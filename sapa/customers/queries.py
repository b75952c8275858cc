"""What people may see of customers and companies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from sapa.accounts.models import User
from sapa.accounts.permissions import Permission
from sapa.customers.models import Company, Customer, CustomField, Identity

PAGE = 50


def visible_to(user: User) -> QuerySet[Customer]:
    """Every customer, for who may read customers."""
    rows = Customer.objects.select_related("company").prefetch_related("identities")
    return rows if user.may(Permission.CUSTOMER_READ) else rows.none()


def companies_visible_to(user: User) -> QuerySet[Company]:
    """Every company with how many customers it has, for who may read customers."""
    rows = Company.objects.annotate(people=Count("customers")).order_by("name", "id")
    return rows if user.may(Permission.CUSTOMER_READ) else rows.none()


def search(rows: QuerySet[Customer], words: str) -> QuerySet[Customer]:
    """Customers whose name contains the words, or with an address or a company that begins with them."""
    words = words.replace("\0", "").strip()[:120]
    if not words:
        return rows
    by_address = Identity.objects.filter(address__startswith=words.lower()).values("customer_id")
    return rows.filter(Q(name__icontains=words) | Q(pk__in=by_address) | Q(company__name__istartswith=words))


@dataclass(frozen=True)
class Page:
    """One page of customers; `next` is the id to read below for the page after it, None on the last."""

    items: Sequence[Customer]
    next: int | None


def page(rows: QuerySet[Customer], before: int | None = None) -> Page:
    """A page by keyset, newest customers first."""
    found = list((rows.filter(pk__lt=before) if before else rows).order_by("-id")[: PAGE + 1])
    return Page(found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None)


def companies_of(addresses: Iterable[str]) -> dict[str, int]:
    """{mail domain: id of its company} for those e-mail addresses whose domain a company has, in one query."""
    domains = {address.rpartition("@")[2].lower() for address in addresses if "@" in address}
    if not domains:
        return {}
    rows = Company.objects.filter(domains__overlap=sorted(domains)).values_list("id", "domains")
    return {domain: id for id, owned in rows for domain in owned if domain in domains}


def fields_of(target: str) -> QuerySet[CustomField]:
    """The active custom fields of conversations or customers, in their order."""
    return CustomField.objects.filter(target=target, is_active=True)
