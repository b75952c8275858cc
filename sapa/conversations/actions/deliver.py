"""The outbox: a message is claimed for a while, sent by its channel, and marked; a crash in between is seen and told.

State machine: queued → sending (claimed) → sent | queued again (passing failure, backoff) | failed (permanent).
A claim that ran out means that a process died between sending and recording: the repeat carries the same outside id and
the message is marked «perhaps sent twice».
"""

from collections.abc import Sequence
from datetime import timedelta

from django.db import connection, transaction

from sapa.conversations.actions._lock import envelope
from sapa.conversations.facts import MessageStateChanged
from sapa.conversations.models import Message
from sapa.core import clock
from sapa.timeline.record import record

CLAIM_SECONDS = 120
MOST_ATTEMPTS = 12
State = Message.State

_CLAIM = """
update conversations_message m set
  state = 'sending', attempts = m.attempts + 1, claimed_until = %(until)s,
  perhaps_twice = m.perhaps_twice or m.state = 'sending'
where m.id in (
  select id from conversations_message
  where state in ('queued', 'sending') and send_after <= %(now)s and (state = 'queued' or claimed_until < %(now)s)
  order by send_after limit %(limit)s for update skip locked
) returning m.id
"""


@transaction.atomic
def claim(limit: int = 20) -> list[Message]:
    """Messages that are due, now this process's for CLAIM_SECONDS; committed before anything is sent."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"now": now, "until": now + timedelta(seconds=CLAIM_SECONDS), "limit": limit})
        ids = [row[0] for row in cursor.fetchall()]
    rows = Message.objects.filter(pk__in=ids).select_related("conversation__customer", "inbox", "user").prefetch_related("attachments")
    return list(rows.order_by("send_after", "id"))


@transaction.atomic
def mark_sent(message: Message) -> bool:
    """It was handed over to the next server. False when it had been marked meanwhile."""
    now = clock.now()
    changed = Message.objects.filter(pk=message.pk, state=State.SENDING).update(
        state=State.SENT, sent_at=now, claimed_until=None, error=""
    )
    if changed:
        _record(message, State.SENDING, State.SENT)
    return bool(changed)


@transaction.atomic
def postpone(message: Message, reason: str) -> bool:
    """A passing failure: try again later (1, 2, 4 … minutes, at most 4 hours apart); after MOST_ATTEMPTS it has failed."""
    if message.attempts >= MOST_ATTEMPTS:
        return mark_failed(message, reason)
    wait = min(timedelta(minutes=2 ** (message.attempts - 1)), timedelta(hours=4))
    changed = Message.objects.filter(pk=message.pk, state=State.SENDING).update(
        state=State.QUEUED, send_after=clock.now() + wait, claimed_until=None, error=reason[:500]
    )
    if changed:
        _record(message, State.SENDING, State.QUEUED)
    return bool(changed)


@transaction.atomic
def mark_failed(message: Message, reason: str) -> bool:
    """Refused for good, or a bounce came back later; the agent is told."""
    before: Sequence[str] = Message.objects.select_for_update().filter(pk=message.pk).values_list("state", flat=True)
    if not before or before[0] == State.FAILED:
        return False
    Message.objects.filter(pk=message.pk).update(state=State.FAILED, claimed_until=None, error=reason[:500])
    _record(message, before[0], State.FAILED)
    return True


def _record(message: Message, before: str, after: str) -> None:
    payload = MessageStateChanged(message_id=message.pk, from_state=before, to_state=after)
    record(payload, envelope(message.conversation))
