"""The outbox: a message is claimed for a while, sent by its channel, and marked; a crash in between is seen and told.

State machine: queued → sending (claimed) → sent | queued again (passing failure, backoff) | failed (permanent).
A claim that ran out means that a process died between sending and recording: the repeat carries the same outside id and
the message is marked «perhaps sent twice».
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Min

from sapa.conversations.audience import audience, participants_of
from sapa.conversations.facts import MessageStateChanged
from sapa.conversations.models import Message
from sapa.core import clock
from sapa.timeline.record import Envelope, record_many

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

_SENT = """
update conversations_message m set state = 'sent', sent_at = %(now)s, claimed_until = null, error = v.note,
  recipients = coalesce(v.recipients, m.recipients)
from unnest(%(ids)s::bigint[], %(notes)s::text[], %(recipients)s::jsonb[]) as v(id, note, recipients)
where m.id = v.id and m.state = 'sending' returning m.id
"""

_NAME = """
update conversations_message m set outside_id = v.name
from unnest(%s::bigint[], %s::text[]) as v(id, name) where m.id = v.id
"""


@dataclass(frozen=True)
class Sent:
    """A message that was handed over; `note`: what the agent should know of it; `recipients`: to whom it went, if told."""

    message: Message
    note: str = ""
    recipients: dict[str, list[dict[str, str]]] | None = None


@transaction.atomic
def claim(limit: int = 20, *, name: Callable[[Message], str] | None = None) -> list[Message]:
    """Messages that are due, now this process's for CLAIM_SECONDS; committed before anything is sent.

    name: makes the outside id of a message that has none; it is kept with the claim, so that a repeat carries the same.
    """
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"now": now, "until": now + timedelta(seconds=CLAIM_SECONDS), "limit": limit})
        ids = [row[0] for row in cursor.fetchall()]
    if not ids:
        return []
    rows = Message.objects.filter(pk__in=ids).select_related("conversation__customer", "inbox", "user")
    claimed = list(rows.prefetch_related("attachments").order_by("send_after", "id"))
    nameless = [message for message in claimed if name and not message.outside_id]
    for message in nameless:
        message.outside_id = name(message) if name else None
    if nameless:
        with connection.cursor() as cursor:
            cursor.execute(_NAME, ([message.pk for message in nameless], [message.outside_id for message in nameless]))
    return claimed


def next_due() -> datetime | None:
    """When the next waiting message may leave; None when none waits."""
    found: datetime | None = Message.objects.filter(state=State.QUEUED).aggregate(at=Min("send_after"))["at"]
    return found


@transaction.atomic
def keep_claim(message: Message, seconds: float) -> bool:
    """Make a claim last `seconds` from now, because sending takes longer. False when it is no longer this process's."""
    until = clock.now() + timedelta(seconds=seconds)
    still_ours = Message.objects.filter(pk=message.pk, state=State.SENDING, attempts=message.attempts)
    if not still_ours.update(claimed_until=until):
        return False
    message.claimed_until = until
    return True


@transaction.atomic
def put_back(messages: Sequence[Message], until: datetime) -> int:
    """Give claimed messages back untried; they wait until `until`. Gives how many were still this process's."""
    given = 0
    for message in messages:
        given += Message.objects.filter(pk=message.pk, state=State.SENDING, attempts=message.attempts).update(
            state=State.QUEUED, send_after=until, claimed_until=None, attempts=F("attempts") - 1
        )
    return given


@transaction.atomic
def mark_sent(message: Message) -> bool:
    """It was handed over to the next server. False when it had been marked meanwhile."""
    return bool(mark_all_sent([Sent(message)]))


@transaction.atomic
def mark_all_sent(sent: Sequence[Sent]) -> int:
    """They were handed over to the next server; gives how many were marked, without those marked meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SENT,
            {
                "now": clock.now(),
                "ids": [item.message.pk for item in sent],
                "notes": [item.note[:500] for item in sent],
                "recipients": [json.dumps(item.recipients) if item.recipients is not None else None for item in sent],
            },
        )
        changed = {row[0] for row in cursor.fetchall()}
    _record([item.message for item in sent if item.message.pk in changed], State.SENDING, State.SENT)
    return len(changed)


@transaction.atomic
def postpone(message: Message, reason: str, *, uncertain: bool = False) -> bool:
    """A passing failure: try again later (1, 2, 4 … minutes, at most 4 hours apart); after MOST_ATTEMPTS it has failed.

    uncertain: the other server may have taken it before the connection broke, so that the repeat may be the second one.
    """
    if uncertain:
        Message.objects.filter(pk=message.pk).update(perhaps_twice=True)
    if message.attempts >= MOST_ATTEMPTS:
        return mark_failed(message, reason)
    wait = min(timedelta(minutes=2 ** max(message.attempts - 1, 0)), timedelta(hours=4))
    changed = Message.objects.filter(pk=message.pk, state=State.SENDING).update(
        state=State.QUEUED, send_after=clock.now() + wait, claimed_until=None, error=reason[:500]
    )
    if changed:
        _record([message], State.SENDING, State.QUEUED)
    return bool(changed)


@transaction.atomic
def mark_failed(message: Message, reason: str) -> bool:
    """Refused for good, or a bounce came back later; the agent is told."""
    before = Message.objects.select_for_update().filter(pk=message.pk).values_list("state", flat=True).first()
    if before is None or before == State.FAILED:
        return False
    Message.objects.filter(pk=message.pk).update(state=State.FAILED, claimed_until=None, error=reason[:500])
    _record([message], before, State.FAILED)
    return True


@transaction.atomic
def mark_delayed(message: Message, reason: str) -> bool:
    """The next server reported that it is still trying; the note stands on the message."""
    changed = Message.objects.filter(pk=message.pk, state=State.SENT).update(error=reason[:500])
    if changed:
        _record([message], State.SENT, State.SENT)
    return bool(changed)


def _record(messages: Sequence[Message], before: str, after: str) -> None:
    followers = participants_of({message.conversation_id for message in messages})
    record_many(
        [
            (
                MessageStateChanged(message_id=message.pk, from_state=before, to_state=after),
                Envelope(
                    customer_id=message.conversation.customer_id,
                    conversation_id=message.conversation_id,
                    channel=message.conversation.channel,
                    audience=audience(message.conversation, participants=followers[message.conversation_id]),
                ),
            )
            for message in messages
        ]
    )
