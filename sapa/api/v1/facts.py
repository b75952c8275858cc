"""The timeline since a cursor, in an order in which nothing can appear later behind what was read."""

from django.http import HttpRequest
from ninja import Query, Router

from sapa.accounts.tokens import TokenScope
from sapa.api.access import caller, scope
from sapa.api.problems import ERRORS
from sapa.api.v1.shapes import FactOut, FactQuery, PageOut
from sapa.conversations import queries
from sapa.timeline.queries import Position, since

router = Router(tags=["timeline"])


@router.get("/facts", response={200: PageOut[FactOut], **ERRORS}, summary="Facts since a cursor")
@scope(TokenScope.FACTS_READ)
def list_facts(request: HttpRequest, query: Query[FactQuery]) -> PageOut[FactOut]:
    """Oldest first, of the conversations that the caller may see. `next` is never null: ask again with it for news."""
    start = Position.parse(query.cursor) if query.cursor else Position.START
    facts, end = since(start, conversations=queries.visible_to(caller(request)), limit=query.limit)
    return PageOut(items=[FactOut.from_orm(fact) for fact in facts], next=str(end))
