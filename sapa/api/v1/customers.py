"""Customers: list, read, create, change."""

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router

from sapa.accounts.models import User
from sapa.accounts.permissions import Permission
from sapa.accounts.tokens import TokenScope
from sapa.api.access import caller, scope
from sapa.api.problems import ERRORS
from sapa.api.v1 import show
from sapa.api.v1.shapes import CustomerOut, CustomerQuery, Id, PageOut
from sapa.customers.models import Customer

router = Router(tags=["customers"])


def visible_to(user: User) -> QuerySet[Customer]:
    rows = Customer.objects.select_related("company").prefetch_related("identities")
    return rows if user.may(Permission.CUSTOMER_READ) else rows.none()


@router.get("/customers", response={200: PageOut[CustomerOut], **ERRORS}, summary="List customers")
@scope(TokenScope.CUSTOMERS_READ)
def list_customers(request: HttpRequest, query: Query[CustomerQuery]) -> PageOut[CustomerOut]:
    """Newest first; `email` finds by exact address."""
    rows = visible_to(caller(request))
    if query.email:
        rows = rows.filter(identities__kind="email", identities__address=query.email.strip().lower().replace("\0", ""))
    if query.cursor:
        rows = rows.filter(Q(pk__lt=int(query.cursor)))
    found = list(rows.order_by("-id")[: query.limit + 1])
    more = len(found) > query.limit
    return PageOut(
        items=[show.customer(row) for row in found[: query.limit]],
        next=str(found[query.limit - 1].pk) if more else None,
    )


@router.get("/customers/{id}", response={200: CustomerOut, **ERRORS}, summary="Read a customer")
@scope(TokenScope.CUSTOMERS_READ)
def read_customer(request: HttpRequest, id: Id) -> CustomerOut:
    return show.customer(get_object_or_404(visible_to(caller(request)), pk=id))
