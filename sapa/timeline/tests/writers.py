"""People who write facts at the same time, slowly and not always to the end; and a table that remembers what was handed over."""

import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from django.db import connection

from sapa.core.loop import listen_params
from sapa.timeline.followers import Follower
from sapa.timeline.models import Fact

KIND = "test.happened"
INSERT = (
    "insert into timeline_fact (kind, occurred_at, seq, source, tenant_id, channel, actor_kind, payload, version, audience)"
    " values (%s, now(), 0, 'test', 1, '', 'system', '{}', 1, '{}')"
)


def writers(count: int, seconds: float, *, delay: float = 0.1, rollbacks: float = 0.1) -> list[threading.Thread]:
    """Threads that have been started; each writes transactions of 1 to 4 facts with pauses between them."""

    def write(seed: int) -> None:
        chance, end = random.Random(seed), time.monotonic() + seconds
        with psycopg.connect(**listen_params()) as mine:
            while time.monotonic() < end:
                for _ in range(chance.randint(1, 4)):
                    mine.execute(INSERT, (KIND,))
                    time.sleep(chance.random() * delay / 4)
                if chance.random() < rollbacks:
                    mine.rollback()
                else:
                    mine.commit()

    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(count)]
    for thread in threads:
        thread.start()
    return threads


def write(count: int) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(INSERT, [(KIND,)] * count)


@contextmanager
def memory() -> Iterator[None]:
    """A table without any constraint: what comes twice stands there twice."""
    with connection.cursor() as cursor:
        cursor.execute("create table handed_over (n bigint generated always as identity, fact bigint)")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("drop table handed_over")


def remember(facts: Sequence[Fact]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany("insert into handed_over (fact) values (%s)", [(fact.pk,) for fact in facts])


def follower(batch: int = 100) -> Follower:
    return Follower(name="test", kinds=frozenset({KIND}), handle=remember, batch=batch)


def handed_over() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("select fact from handed_over order by n")
        return [row[0] for row in cursor.fetchall()]


def in_order() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("select f.id from timeline_fact f order by f.xid, f.id")
        return [row[0] for row in cursor.fetchall()]
