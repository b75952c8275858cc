"""Followers read the facts in commit-safe order and keep their cursor in the same transaction as their own writes.

A growing id is not commit order: a fact with a smaller id may commit later. Each fact therefore carries its
transaction id, and a follower reads by (xid, id) only below the oldest transaction that is still open: nothing can
appear behind it.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from sapa.core.loop import Loop
from sapa.timeline.models import Cursor, Fact
from sapa.timeline.record import TOPIC


@dataclass(frozen=True)
class Follower:
    """A reaction to facts.

    handle: gets a batch in order, inside a transaction that also moves the cursor; must be idempotent, because a
    rebuild hands it every fact again, and must not act outside (it enqueues a job or writes an outbox row).
    """

    name: str
    kinds: frozenset[str]
    handle: Callable[[Sequence[Fact]], None]
    batch: int = 500


_NEXT = """
select f.id, f.xid::text as x, f.kind from timeline_fact f
where (f.xid, f.id) > (%s::xid8, %s) and f.xid < pg_snapshot_xmin(pg_current_snapshot())
order by f.xid, f.id limit %s
"""


# Ordered, so that the index is walked from the cursor on: a plain `exists` reads all facts there are to find the newest.
_STATE = """
select c.follower is null,
  (select f.id from timeline_fact f where (f.xid, f.id) > (c.xid, c.fact_id)
     and f.xid < pg_snapshot_xmin(pg_current_snapshot()) order by f.xid, f.id limit 1) is not null,
  (select f.id from timeline_fact f where (f.xid, f.id) > (c.xid, c.fact_id)
     order by f.xid, f.id limit 1) is not null
from (select %s::text as name) wanted left join timeline_cursor c on c.follower = wanted.name
"""
SHORTEST_PAUSE, LONGEST_PAUSE = 0.002, 1.0  # seconds


def step(follower: Follower) -> bool:
    """Hand over one batch; True when there may be more. Another process that is at it makes this a no-op."""
    with transaction.atomic():
        # The row lock is the leadership: held by this transaction, it cannot outlive a lost connection.
        cursor = Cursor.objects.select_for_update(skip_locked=True).filter(follower=follower.name).first()
        if cursor is None:
            Cursor.objects.get_or_create(follower=follower.name)
            return False
        with connection.cursor() as sql:
            sql.execute(_NEXT, (cursor.xid, cursor.fact_id, follower.batch))
            rows: list[tuple[int, str, str]] = sql.fetchall()
        if not rows:
            return False
        wanted = [row[0] for row in rows if row[2] in follower.kinds]
        if wanted:
            found = Fact.objects.in_bulk(wanted)
            follower.handle([found[id] for id in wanted])
        cursor.fact_id, cursor.xid = rows[-1][0], rows[-1][1]
        cursor.save()
        return len(rows) == follower.batch


def rebuild(name: str) -> None:
    """Set a follower back to the first fact. Raises KeyError for an unknown name."""
    follower = every()[name]
    with transaction.atomic():
        Cursor.objects.update_or_create(follower=follower.name, defaults={"xid": "0", "fact_id": 0})


def every() -> dict[str, Follower]:
    """All followers that settings.FOLLOWERS plugs in, by name."""
    found: list[Follower] = [import_string(path) for path in settings.FOLLOWERS]
    return {follower.name: follower for follower in found}


def loops() -> list[Loop]:
    """One loop for each follower."""
    return [
        Loop(name=f"follow {follower.name}", step=_Pace(follower), topics=frozenset({TOPIC}))
        for follower in every().values()
    ]


class _Pace:
    """Steps only when there is something, and waits ever longer for facts that an open transaction holds back.

    Looking needs neither lock nor transaction id, and the transaction that ends need not have written facts: nobody
    would say that it is over.
    """

    def __init__(self, follower: Follower) -> None:
        self.follower, self.pause = follower, SHORTEST_PAUSE

    def __call__(self) -> bool:
        with connection.cursor() as sql:
            sql.execute(_STATE, (self.follower.name,))
            is_new, is_ready, is_held = sql.fetchone()
        if is_ready or is_new:
            self.pause = SHORTEST_PAUSE
            return step(self.follower) or is_held or is_new
        if is_held:
            time.sleep(self.pause)
            self.pause = min(self.pause * 2, LONGEST_PAUSE)
        return bool(is_held)
