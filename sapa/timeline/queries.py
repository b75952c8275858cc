"""Reading the timeline from a position, in commit-safe order."""

from dataclasses import dataclass
from typing import ClassVar

from django.db import models
from django.db.models.expressions import RawSQL

from sapa.timeline.models import Fact


@dataclass(frozen=True, order=True)
class Position:
    """A place between two facts: everything up to (xid, id) lies before it. As text: `<xid>-<id>`."""

    xid: int
    id: int
    START: ClassVar["Position"]

    @classmethod
    def parse(cls, text: str) -> "Position":
        """Raises ValueError when it is none."""
        xid, _, id = text.partition("-")
        return cls(int(xid), int(id))

    def __str__(self) -> str:
        return f"{self.xid}-{self.id}"


Position.START = Position(0, 0)


def since(
    start: Position, *, conversations: "models.QuerySet[models.Model]", limit: int
) -> tuple[list[Fact], Position]:
    """Facts of some conversations after `start`, oldest first, and the position behind the last of them.

    Only below the oldest open transaction, so that no fact can commit later behind the returned position.
    """
    safe = RawSQL("(timeline_fact.xid, timeline_fact.id) > (%s::xid8, %s) and timeline_fact.xid < pg_snapshot_xmin(pg_current_snapshot())",
                  (str(start.xid), start.id), output_field=models.BooleanField())  # fmt: skip
    rows = Fact.objects.filter(safe, conversation_id__in=conversations.order_by().values("pk"))
    order = (RawSQL("timeline_fact.xid", ()), "id")
    found = list(rows.order_by(*order)[:limit])
    return found, Position(int(found[-1].xid), found[-1].pk) if found else start
