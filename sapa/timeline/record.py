"""The one place where facts are written."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from sapa.core import clock
from sapa.core.loop import wake
from sapa.timeline.facts import Payload
from sapa.timeline.models import Fact

TOPIC = "fact"
FEW = 8
_COLUMNS = {
    "kind": "text", "version": "smallint", "payload": "jsonb", "occurred_at": "timestamptz", "seq": "smallint",
    "source": "text", "source_event_id": "text", "contact_id": "bigint", "conversation_id": "bigint",
    "customer_id": "bigint", "queue_id": "bigint", "agent_id": "bigint", "leg_id": "bigint", "channel": "text",
    "actor_kind": "text", "corrects_id": "bigint", "audience": "text",
}  # fmt: skip
_NAMES = ", ".join(_COLUMNS)
_VALUES = _NAMES.replace("audience", "string_to_array(audience, ' ')")
_ARRAYS = ", ".join(f"%s::{type}[]" for type in _COLUMNS.values())
_MANY = (
    f"insert into timeline_fact ({_NAMES}, tenant_id) select {_VALUES}, 1"  # noqa: S608 (names of this file only)
    f" from unnest({_ARRAYS}) with ordinality as v({_NAMES}, place) order by place returning id"
)


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """Whom and what a fact concerns. `audience`: live-stream topics (`inbox:3`, `team:2`, `user:7`, `all`)."""

    actor_kind: str = Fact.Actor.SYSTEM
    agent_id: int | None = None
    customer_id: int | None = None
    conversation_id: int | None = None
    contact_id: int | None = None
    queue_id: int | None = None
    leg_id: int | None = None
    channel: str = ""
    audience: tuple[str, ...] = ()
    occurred_at: datetime | None = None
    source: str = "sapa"
    source_event_id: str | None = None
    corrects_id: int | None = None


def record(payload: Payload, envelope: Envelope) -> Fact:
    """Write one fact inside the caller's transaction and wake the followers when it commits."""
    return record_many([(payload, envelope)])[0]


def record_many(pairs: Sequence[tuple[Payload, Envelope]]) -> list[Fact]:
    """Write facts in order, in one statement. Raises IntegrityError when a source_event_id is there already."""
    now = clock.now()
    rows = _rows(pairs, now)
    if len(rows) > FEW:
        _insert(rows)
    else:
        Fact.objects.bulk_create(rows)
    if rows:
        wake(TOPIC)
    return rows


def _insert(rows: Sequence[Fact]) -> None:
    """Many facts as columns: building a statement with a place for each value costs several times as much."""
    columns: dict[str, list[object]] = {name: [getattr(row, name) for row in rows] for name in _COLUMNS}
    columns["payload"] = [json.dumps(row.payload) for row in rows]
    columns["audience"] = [" ".join(row.audience) for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(_MANY, list(columns.values()))
        for row, (id,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = id


def _rows(pairs: Iterable[tuple[Payload, Envelope]], now: datetime) -> list[Fact]:
    return [
        Fact(
            kind=payload.kind,
            version=payload.version,
            payload=payload.to_json(),
            occurred_at=envelope.occurred_at or now,
            seq=seq,
            source=envelope.source,
            source_event_id=envelope.source_event_id,
            contact_id=envelope.contact_id,
            conversation_id=envelope.conversation_id,
            customer_id=envelope.customer_id,
            queue_id=envelope.queue_id,
            agent_id=envelope.agent_id,
            leg_id=envelope.leg_id,
            channel=envelope.channel,
            actor_kind=envelope.actor_kind,
            corrects_id=envelope.corrects_id,
            audience=list(envelope.audience),
        )
        for seq, (payload, envelope) in enumerate(pairs)
    ]
