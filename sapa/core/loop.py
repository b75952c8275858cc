"""Loops of the work process: each repeats one step, is woken by NOTIFY, polls behind it, and survives a lost database."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError, close_old_connections, connection, transaction
from django.utils.module_loading import import_string

from sapa.core import clock
from sapa.core.models import Heartbeat

log = logging.getLogger("sapa.loop")
CHANNEL = "sapa"
HEARTBEAT_SECONDS = 5.0
LONGEST_SLEEP = 15.0  # between two heartbeats; a step may be due more rarely


@dataclass
class Loop:
    """A named step, repeated until stopped.

    step: does one piece of work; True means that there may be more at once.
    topics: NOTIFY topics that wake it. poll_seconds: the longest sleep when nothing wakes it (a step may set it anew).
    finish: called once after the last step, for what must be closed in order.
    group: loops that share one kind of work; a topic wakes one of them that sleeps (all of them when none does), because
    each that is woken for nothing asks the database for nothing.
    """

    name: str
    step: Callable[[], bool]
    topics: frozenset[str] = frozenset()
    poll_seconds: float = 1.0
    finish: Callable[[], None] | None = None
    group: str = ""
    sleeps: bool = False
    wake: threading.Event = field(default_factory=threading.Event, repr=False)


@dataclass(frozen=True)
class _Wakes:
    """What is sent when the transaction has committed: all its topics in one statement."""

    topics: set[str]

    def __call__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "select pg_notify(%s, topic) from unnest(%s::text[]) as topic", (CHANNEL, sorted(self.topics))
            )


def wake(topic: str) -> None:
    """Wake the loops that listen to `topic`, once the current transaction has committed.

    Sent after the commit on purpose: a NOTIFY inside a writing transaction makes all commits queue behind one lock.
    If the process dies in between, or a savepoint takes the first wake with it, the poll finds the work a second later.
    """
    for waiting in connection.run_on_commit:
        if isinstance(waiting[1], _Wakes):
            waiting[1].topics.add(topic)
            return
    transaction.on_commit(_Wakes({topic}))


def load(paths: Iterable[str]) -> list[Loop]:
    """The loops behind dotted paths; a path names a Loop or a callable that returns some."""
    loops: list[Loop] = []
    for path in paths:
        found = import_string(path)
        loops += [found] if isinstance(found, Loop) else list(found())
    return loops


def run(loops: Sequence[Loop], stop: threading.Event) -> None:
    """Run every loop in a thread of its own until `stop` is set; returns when the steps in hand are finished."""
    threads = [threading.Thread(target=_repeat, args=(loop, stop), name=loop.name, daemon=True) for loop in loops]
    threads.append(threading.Thread(target=_listen, args=(loops, stop), name="listen", daemon=True))
    for thread in threads:
        thread.start()
    stop.wait()
    for loop in loops:
        loop.wake.set()
    for thread in threads:
        thread.join(timeout=20)


def _repeat(loop: Loop, stop: threading.Event) -> None:
    failures, beat, due = 0, 0.0, 0.0
    while not stop.is_set():
        busy, woken = False, loop.wake.is_set()
        loop.wake.clear()
        try:
            close_old_connections()
            if time.monotonic() - beat > HEARTBEAT_SECONDS:
                _heartbeat(loop.name)
                beat = time.monotonic()
            if woken or time.monotonic() >= due:
                due = 0.0  # at once again, should it fail or have more to do
                busy = loop.step()
                failures = 0
                due = 0.0 if busy else time.monotonic() + loop.poll_seconds
        except (OperationalError, InterfaceError) as error:
            failures += 1
            connection.close()
            log.warning(
                "%s: the database is away (%s); try %d", loop.name, str(error).strip().splitlines()[:1], failures
            )
            stop.wait(min(0.2 * 2 ** min(failures, 10), 10))
            continue
        except Exception:
            # One broken step must not end the loop: it is logged with its trace and tried again, more and more slowly.
            failures += 1
            log.exception("%s: step failed, try %d", loop.name, failures)
            if connection.in_atomic_block or failures > 1:
                connection.close()
            stop.wait(min(0.5 * 2 ** min(failures, 10), 60))
            continue
        if not busy:
            connection.close()  # back to the pool: a loop that sleeps needs none, and there may be many loops
            loop.sleeps = True
            loop.wake.wait(max(0.0, min(due - time.monotonic(), LONGEST_SLEEP)))
            loop.sleeps = False
    if loop.finish is not None:
        loop.finish()
    connection.close()


def _heartbeat(name: str) -> None:
    Heartbeat.objects.update_or_create(name=name, defaults={"at": clock.now()})


def _listen(loops: Sequence[Loop], stop: threading.Event) -> None:
    """Hear NOTIFY on a connection of its own and wake whoever listens to the topic."""
    while not stop.is_set():
        try:
            with psycopg.connect(**listen_params(), autocommit=True) as heard:
                heard.execute(f"listen {CHANNEL}")
                while not stop.is_set():
                    for notice in heard.notifies(timeout=1.0):
                        for loop in woken_by(notice.payload, loops):
                            loop.wake.set()
        except psycopg.Error:
            stop.wait(1.0)  # the loops poll meanwhile


def woken_by(topic: str, loops: Sequence[Loop]) -> list[Loop]:
    """Who is woken by a topic: every loop that listens to it, but of a group one that sleeps and is not woken yet."""
    heard = [loop for loop in loops if topic in loop.topics]
    chosen = [loop for loop in heard if not loop.group]
    for group in dict.fromkeys(loop.group for loop in heard if loop.group):
        members = [loop for loop in heard if loop.group == group]
        free = next((loop for loop in members if loop.sleeps and not loop.wake.is_set()), None)
        chosen += [free] if free else members
    return chosen


def listen_params() -> dict[str, Any]:
    """Connection parameters for a psycopg connection outside Django's pool."""
    params: dict[str, Any] = connection.get_connection_params()
    for key in ("cursor_factory", "context", "pool", "prepare_threshold"):
        params.pop(key, None)
    return params
