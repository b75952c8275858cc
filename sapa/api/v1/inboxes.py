"""Inboxes that are open to the caller."""

from django.http import Http404, HttpRequest
from ninja import Router

from sapa.accounts.tokens import TokenScope
from sapa.api.access import caller, scope
from sapa.api.problems import ERRORS
from sapa.api.v1.shapes import Id, InboxOut, PageOut
from sapa.conversations import queries

router = Router(tags=["inboxes"])


@router.get("/inboxes", response={200: PageOut[InboxOut], **ERRORS}, summary="List inboxes")
@scope(TokenScope.INBOXES_READ)
def list_inboxes(request: HttpRequest) -> PageOut[InboxOut]:
    """All of them in one page: an installation has few."""
    return PageOut(items=[InboxOut.from_orm(row) for row in queries.inboxes_visible_to(caller(request))], next=None)


@router.get("/inboxes/{id}", response={200: InboxOut, **ERRORS}, summary="Read an inbox")
@scope(TokenScope.INBOXES_READ)
def read_inbox(request: HttpRequest, id: Id) -> InboxOut:
    for row in queries.inboxes_visible_to(caller(request)):
        if row.pk == id:
            return InboxOut.from_orm(row)
    raise Http404
