"""What `GET /healthz` says: each part of the installation, and whether the whole is ready."""

import logging
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from django.apps import apps

from sapa import __version__
from sapa.core.loop import listen_params
from sapa.timeline.followers import every

log = logging.getLogger("sapa.health")
KEEP_SECONDS = 1.0
LATE_SECONDS = 30.0  # a loop beats each 5 s between its steps
_lock = threading.Lock()
_last: tuple[float, tuple[bool, dict[str, Any]]] | None = None

# A follower that has never run yet has no cursor: it lags behind the first fact.
_LAG = """
select wanted.name, coalesce(extract(epoch from now() - (
  select f.recorded_at from timeline_fact f
  where (f.xid, f.id) > (coalesce(c.xid, '0'), coalesce(c.fact_id, 0)) order by f.xid, f.id limit 1)), 0)::float8
from unnest(%s::text[]) as wanted(name) left join timeline_cursor c on c.follower = wanted.name order by 1
"""
_BEATS = """
select name, extract(epoch from now() - at)::float8 from core_heartbeat where at > now() - interval '1 day' limit 500
"""


def report() -> tuple[bool, dict[str, Any]]:
    """Whether all is ready, and the parts; asked at most once a second, whoever asks."""
    global _last  # noqa: PLW0603 (one answer per process is the point)
    with _lock:
        if _last is None or time.monotonic() - _last[0] > KEEP_SECONDS:
            _last = time.monotonic(), _report()
        return _last[1]


def _report() -> tuple[bool, dict[str, Any]]:
    parts: dict[str, Any] = {"version": __version__, "database": {"ok": False}}
    try:
        # A connection of its own: it must answer when the pool is exhausted, and say so quickly when nothing does.
        with psycopg.connect(**{**listen_params(), "connect_timeout": 3}, autocommit=True) as database:
            parts["database"] = {"ok": True, "version": str(database.info.server_version)}
            missing = _count_missing(database)
            parts["migrations"] = {"ok": missing == 0, "missing": missing}
            if parts["migrations"]["ok"]:
                parts["work"] = _work(database)
                parts["followers"] = {
                    name: round(max(lag, 0.0), 3) for name, lag in database.execute(_LAG, (sorted(every()),))
                }
    except psycopg.Error as error:
        log.warning("the database does not answer: %s", str(error).strip().splitlines()[0])
        parts["database"] = {"ok": False, "reason": "it does not answer"}
    ready = all(parts.get(name, {}).get("ok", False) for name in ("database", "migrations", "work"))
    return ready, {"ok": ready, **parts}


def missing_migrations() -> int:
    """How many migrations this version brings that the database has not had."""
    with psycopg.connect(**listen_params(), autocommit=True) as database:
        return _count_missing(database)


def _count_missing(database: psycopg.Connection[Any]) -> int:
    known = database.execute("select to_regclass('django_migrations') is not null").fetchone()
    if not known or not known[0]:
        return len(written())
    applied = {(app, name) for app, name in database.execute("select app, name from django_migrations")}
    return len(written() - applied)


def _work(database: psycopg.Connection[Any]) -> dict[str, Any]:
    ages: dict[str, float] = dict(database.execute(_BEATS).fetchall())
    late = sorted(name for name, age in ages.items() if age > LATE_SECONDS)
    return {"ok": len(late) < len(ages), "loops": len(ages), "late": late}


@cache
def written() -> frozenset[tuple[str, str]]:
    """All migrations, by their files' names, so that no web process has to load them."""
    return frozenset(
        (config.label, file.stem)
        for config in apps.get_app_configs()
        for file in Path(config.path).glob("migrations/[0-9]*.py")
    )
