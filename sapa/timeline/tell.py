"""Passing news for open pages, kept nowhere: who is looking, a new notification. Facts need none of this."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection, transaction

CHANNEL = "sapa_live"
# PostgreSQL takes 7,999 bytes in one notice.
MOST_TOPICS = 100


@dataclass(frozen=True)
class _Notice:
    payloads: tuple[str, ...]

    def __call__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select pg_notify(%s, p) from unnest(%s::text[]) as p", (CHANNEL, list(self.payloads)))


def tell(topics: Iterable[str], kind: str, **ids: int | None) -> None:
    """Send the event `kind` with `ids` to the streams that hear one of `topics`, once the transaction has committed."""
    heard = sorted(set(topics))
    parts = [heard[start : start + MOST_TOPICS] for start in range(0, len(heard), MOST_TOPICS)]
    payloads = tuple(json.dumps({"topics": part, "kind": kind, "ids": ids}, separators=(",", ":")) for part in parts)
    hook = _Notice(payloads)
    # Sent after the commit, as in sapa.core.loop.wake.
    if payloads and not any(waiting[1] == hook for waiting in connection.run_on_commit):
        transaction.on_commit(hook)
