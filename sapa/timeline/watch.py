"""How the followers are: how far behind, and what holds them back."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

_LAG = """
select c.follower, (select count(*) from (select 1 from timeline_fact f
  where (f.xid, f.id) > (c.xid, c.fact_id) limit %s) as behind)
from timeline_cursor c order by c.follower
"""


def lag(most: int = 10_000) -> dict[str, int]:
    """How many facts each follower is behind, counted up to `most`."""
    with connection.cursor() as cursor:
        cursor.execute(_LAG, (most,))
        return dict(cursor.fetchall())


@dataclass(frozen=True)
class OldTransaction:
    """An open transaction that has written, and so holds every follower back at the facts before it."""

    pid: int
    application: str
    began_at: datetime
    state: str


_OLD = """
select pid, application_name, xact_start, coalesce(state, '') from pg_stat_activity
where backend_xid is not null and xact_start < now() - make_interval(secs => %s)
union all
select 0, gid, prepared, 'prepared' from pg_prepared_xacts where prepared < now() - make_interval(secs => %s)
order by 3 limit 20
"""


def old_writing_transactions(seconds: float = 60) -> list[OldTransaction]:
    """Writing transactions of the whole server (every database of it counts) that are open for so long; oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_OLD, (seconds, seconds))
        return [OldTransaction(*row) for row in cursor.fetchall()]
