"""Customers: list, read, create, change."""

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from sapa.accounts.tokens import TokenScope
from sapa.api.access import caller, scope
from sapa.api.problems import ERRORS
from sapa.api.v1 import show
from sapa.api.v1.shapes import CustomerChange, CustomerIn, CustomerOut, CustomerQuery, Id, PageOut
from sapa.customers import actions, queries
from sapa.customers.models import Identity

router = Router(tags=["customers"])


@router.get("/customers", response={200: PageOut[CustomerOut], **ERRORS}, summary="List customers")
@scope(TokenScope.CUSTOMERS_READ)
def list_customers(request: HttpRequest, query: Query[CustomerQuery]) -> PageOut[CustomerOut]:
    """Newest first; `email` finds by exact address."""
    rows = queries.visible_to(caller(request))
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
    return show.customer(get_object_or_404(queries.visible_to(caller(request)), pk=id))


@router.post("/customers", response={201: CustomerOut, **ERRORS}, summary="Create a customer")
@scope(TokenScope.CUSTOMERS_WRITE)
def create_customer(request: HttpRequest, payload: CustomerIn) -> Status[CustomerOut]:
    """With a first address; one that belongs to somebody already is refused."""
    user = caller(request)
    with transaction.atomic():
        customer = actions.create_customer(by=user, entry="api", name=payload.name)
        actions.add_identity(customer, kind=Identity.Kind.EMAIL, address=payload.email, by=user)
    return Status(201, show.customer(customer))


@router.patch("/customers/{id}", response={200: CustomerOut, **ERRORS}, summary="Change a customer")
@scope(TokenScope.CUSTOMERS_WRITE)
def change_customer(request: HttpRequest, id: Id, payload: CustomerChange) -> CustomerOut:
    found = get_object_or_404(queries.visible_to(caller(request)), pk=id)
    given: actions.CustomerChange = {}
    if payload.name is not None:
        given["name"] = payload.name
    if payload.note is not None:
        given["note"] = payload.note
    return show.customer(actions.change_customer(found, by=caller(request), **given))
