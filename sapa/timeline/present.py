"""Who is present in a conversation."""

from dataclasses import dataclass

from sapa.accounts.models import User
from sapa.core import clock
from sapa.timeline.models import Presence

MOST_PRESENT = 20


@dataclass(frozen=True)
class Present:
    """A person who is there; `is_typing` when one of their tabs types."""

    user: User
    is_typing: bool


def present_in(conversation_id: int, *, besides: User | None = None) -> list[Present]:
    """The people who look at a conversation now, by name. Ask only for a conversation that the reader may see."""
    rows = Presence.objects.filter(conversation_id=conversation_id, until__gt=clock.now()).select_related("user")
    if besides is not None:
        rows = rows.exclude(user=besides)
    found: dict[int, Present] = {}
    for row in rows.order_by("user__name", "user_id")[: MOST_PRESENT * 5]:
        is_typing = row.doing == Presence.Doing.TYPING or (row.user_id in found and found[row.user_id].is_typing)
        found[row.user_id] = Present(row.user, is_typing)
    return list(found.values())[:MOST_PRESENT]
