"""What a stream missed: the facts behind its last event id, or those recorded since its page was made."""

from dataclasses import dataclass
from typing import Any

import psycopg

from sapa.timeline.hub import COLUMNS, Place, Row, fact_block

MOST_EVENTS = 500  # more than these: the page reads everything anew instead
MOST_FACTS = 20_000  # facts of everybody that are looked through for them
SLACK_SECONDS = 5.0  # a page's reading and the writing transactions it did not see

_BEHIND = f"""
select count(*), %(xid)s::text::xid8 <= pg_snapshot_xmax(pg_current_snapshot()) from
(select 1 from timeline_fact f where (f.xid, f.id) > (%(xid)s::text::xid8, %(id)s) limit {MOST_FACTS + 1}) as behind
"""  # noqa: S608 (constants)
_SINCE = f"""
select {COLUMNS}, f.xid < (select pg_snapshot_xmin(pg_current_snapshot())) as settled from timeline_fact f
where (f.xid, f.id) > (%(xid)s::text::xid8, %(id)s) and f.audience && %(topics)s::varchar[]
order by f.xid, f.id limit {MOST_EVENTS + 1}
"""  # noqa: S608 (constants)
_RECENT = f"""
select {COLUMNS}, f.xid < (select pg_snapshot_xmin(pg_current_snapshot())) as settled from
(select * from timeline_fact order by xid desc, id desc limit {MOST_FACTS}) f
where f.recorded_at > now() - make_interval(secs => %(seconds)s) and f.audience && %(topics)s::varchar[]
order by f.xid, f.id limit {MOST_EVENTS + 1}
"""  # noqa: S608 (constants)


@dataclass(frozen=True)
class Missed:
    """Blocks to send, and the facts they tell of; `too_much` when the page should read everything anew instead."""

    blocks: bytes = b""
    facts: frozenset[int] = frozenset()
    too_much: bool = False


async def since(connection: psycopg.AsyncConnection[Any], place: Place, topics: frozenset[str]) -> Missed:
    """The facts behind `place` with one of `topics`."""
    values = {"xid": str(place[0]), "id": place[1], "topics": sorted(topics)}
    behind = await (await connection.execute(_BEHIND, values)).fetchone()
    # A place from the future comes from another database: one that has been restored since.
    if behind is None or behind[0] > MOST_FACTS or not behind[1]:
        return Missed(too_much=True)
    return _missed(await (await connection.execute(_SINCE, values)).fetchall())


async def recent(connection: psycopg.AsyncConnection[Any], seconds: float, topics: frozenset[str]) -> Missed:
    """The facts recorded in the last `seconds` (and a little more) with one of `topics`."""
    values = {"seconds": seconds + SLACK_SECONDS, "topics": sorted(topics)}
    return _missed(await (await connection.execute(_RECENT, values)).fetchall())


def _missed(rows: list[Row]) -> Missed:
    if len(rows) > MOST_EVENTS:
        return Missed(too_much=True)
    return Missed(b"".join(fact_block(row, with_id=row[7]) for row in rows), frozenset(row[0] for row in rows))
