"""The outbox is emptied: several threads claim, send by the message's channel, and mark; a crash in between is seen."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Protocol

from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.utils.translation import gettext as _

from sapa.channels.email import send as email
from sapa.channels.email.transport import Unsure
from sapa.conversations.actions import (
    Sent,
    claim,
    keep_claim,
    mark_all_sent,
    mark_failed,
    next_due,
    postpone,
    put_back,
)
from sapa.conversations.actions.reply import OUTBOX
from sapa.conversations.models import Message
from sapa.core import clock
from sapa.core.errors import Passing, Permanent
from sapa.core.loop import Loop

log = logging.getLogger("sapa.outbox")
THREADS = 4
BATCH = 20
NEEDED = 100.0  # seconds that a claim must still last before a message is begun
CLAIM = 180.0
POLL = 1.0
RARELY = 3.0  # the other threads look by themselves, should the one that keeps time be held up by a slow server


class Sender(Protocol):
    """What a channel gives: one object for each thread."""

    def prepare(self, messages: Sequence[Message]) -> None: ...
    def send(self, message: Message) -> Sent: ...
    def idle(self) -> None: ...
    def close(self) -> None: ...


SENDERS: dict[str, Callable[[], Sender]] = {"email": email.Sender}
NAMES: dict[str, Callable[[Message], str]] = {"email": email.name}


class Marking:
    """A thread that marks what was sent: as soon as possible, and everything that waits in one commit."""

    def __init__(self, users: int) -> None:
        self._users, self._leaving = users, threading.Lock()
        self._sent: queue.SimpleQueue[Sent | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="outbox marks", daemon=True)
        self._thread.start()

    def put(self, sent: Sent) -> None:
        self._sent.put(sent)

    def leave(self) -> None:
        """Called once by each user; after the last one what waits is marked and the thread ends."""
        with self._leaving:
            self._users -= 1
            if self._users:
                return
        self._sent.put(None)
        self._thread.join(timeout=20)

    def _run(self) -> None:
        while True:
            batch = [self._sent.get()]
            while not self._sent.empty() and len(batch) < 200:
                batch.append(self._sent.get())
            self._mark([sent for sent in batch if sent is not None])
            if None in batch:
                connection.close()
                return

    def _mark(self, batch: Sequence[Sent]) -> None:
        """Until it is written, or the claims have run out and the repeat tells «perhaps sent twice»."""
        deadline = time.monotonic() + CLAIM
        while batch and time.monotonic() < deadline:
            try:
                close_old_connections()
                mark_all_sent(batch)
                return
            except (OperationalError, InterfaceError) as error:
                connection.close()
                log.warning("what was sent cannot be recorded now: %s", str(error).strip().splitlines()[:1])
                time.sleep(0.3)
            except Exception:
                log.exception("what was sent cannot be recorded; it will be sent again as «perhaps sent twice»")
                return


class Outbox:
    """One thread's step."""

    def __init__(self, marking: Marking, number: int = 1) -> None:
        self._marking = marking
        self._keeps_time = number == 1
        self.next: Outbox | None = None
        self._senders: dict[str, Sender] = {}
        self.loop = Loop(
            name=f"outbox {number}",
            step=self.step,
            topics=frozenset({OUTBOX}),
            poll_seconds=POLL if self._keeps_time else RARELY,
            finish=self.close,
            group="outbox",
        )

    def step(self) -> bool:
        """Send one batch; True when there may be more. One of the threads sleeps until the next message is due."""
        messages = claim(BATCH, name=lambda message: NAMES[message.inbox.channel](message))
        if not messages:
            for sender in self._senders.values():
                sender.idle()
            if self._keeps_time:
                due = next_due()
                wait = (due - clock.now()).total_seconds() if due else POLL
                self.loop.poll_seconds = min(POLL, max(0.0, wait) + 0.005)
            return False
        if len(messages) == BATCH and self.next is not None:
            self.next.loop.wake.set()  # there is more than one thread's work
        for channel in {message.inbox.channel for message in messages}:
            self._send_all(channel, [message for message in messages if message.inbox.channel == channel])
        return True

    def _send_all(self, channel: str, messages: Sequence[Message]) -> None:
        if channel not in SENDERS:
            for message in messages:
                mark_failed(message, _("Nothing can be sent on this channel."))
            return
        sender = self._senders.get(channel) or self._senders.setdefault(channel, SENDERS[channel]())
        sender.prepare(messages)
        for message in messages:
            if self._is_ours(message):
                self._send(sender, message)

    def _is_ours(self, message: Message) -> bool:
        """Whether the claim lasts long enough to send; it is made longer when earlier messages took their time."""
        until = message.claimed_until
        if until is None or (until - clock.now()).total_seconds() < NEEDED:
            return keep_claim(message, CLAIM)
        return True

    def _send(self, sender: Sender, message: Message) -> None:
        try:
            self._marking.put(sender.send(message))
        except email.Resting:
            put_back([message], clock.now() + timedelta(seconds=email.REST))
        except Passing as error:
            log.info("message %d waits: %s", message.pk, error)
            postpone(message, str(error), uncertain=isinstance(error, Unsure))
        except Permanent as error:
            log.info("message %d failed: %s", message.pk, error)
            mark_failed(message, str(error))
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("message %d cannot be sent because of a fault", message.pk)
            postpone(message, _("It could not be sent because of a fault of Sapa; it is tried again."))

    def close(self) -> None:
        for sender in self._senders.values():
            sender.close()
        self._marking.leave()


def loops() -> list[Loop]:
    """THREADS loops that send, woken by the outbox's topic; together they have one thread that records what was sent."""
    marking = Marking(THREADS)
    outboxes = [Outbox(marking, number) for number in range(1, THREADS + 1)]
    for outbox, following in pairwise(outboxes):
        outbox.next = following
    return [outbox.loop for outbox in outboxes]
