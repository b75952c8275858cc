"""The one place where facts are written."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from sapa.core import clock
from sapa.core.loop import wake
from sapa.timeline.facts import Payload
from sapa.timeline.models import Fact

TOPIC = "fact"
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
    f" from unnest({_ARRAYS}) with ordinality as v({_NAMES}, place) order by place"
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


def record(payload: Payload, envelope: Envelope) -> None:
    """Write one fact inside the caller's transaction and wake the followers when it commits."""
    record_many([(payload, envelope)])


def record_many(pairs: Sequence[tuple[Payload, Envelope]]) -> None:
    """Write facts in order, in one statement. Raises IntegrityError when a source_event_id is there already.

    By hand and as columns: this is part of every change, and the ORM takes several times as long to build it.
    """
    if not pairs:
        return
    now = clock.now()
    rows = [_row(seq, payload, envelope, now) for seq, (payload, envelope) in enumerate(pairs)]
    with connection.cursor() as cursor:
        cursor.execute(_MANY, [list(column) for column in zip(*rows, strict=True)])
    wake(TOPIC)


def _row(seq: int, payload: Payload, envelope: Envelope, now: datetime) -> tuple[object, ...]:
    """Its values in the order of _COLUMNS."""
    return (
        payload.kind,
        payload.version,
        json.dumps(payload.to_json()),
        envelope.occurred_at or now,
        seq,
        envelope.source,
        envelope.source_event_id,
        envelope.contact_id,
        envelope.conversation_id,
        envelope.customer_id,
        envelope.queue_id,
        envelope.agent_id,
        envelope.leg_id,
        envelope.channel,
        str(envelope.actor_kind),
        envelope.corrects_id,
        " ".join(envelope.audience),
    )
