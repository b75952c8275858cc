"""Raw mail is kept durably before anybody is told «accepted»; many deliveries at once share one commit."""

import logging
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from django.db import DataError, Error, close_old_connections, connection, transaction

from sapa.channels.email.models import IncomingMail
from sapa.core import clock, files
from sapa.core.loop import wake

log = logging.getLogger("sapa.mail")
TOPIC = "mail"
SMALL = 64 * 1024  # bytes; larger mails lie in the file store
MOST_TOGETHER = 200  # mails in one commit
MOST_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class RawMail:
    """A mail as it came. `source` makes keeping it safe to repeat; `inbox_id` is known for a fetched mailbox only."""

    source: str
    content: bytes
    mail_from: str = ""
    recipients: tuple[str, ...] = ()
    inbox_id: int | None = None


@transaction.atomic
def keep(mails: Sequence[RawMail]) -> int:
    """Write mails durably, each `source` once; gives how many were offered. A caller's transaction may hold more.

    Raises OSError when the file store is full, django.db.Error when the database is away or refuses.
    """
    now = clock.now()
    rows = []
    for mail in mails:
        small = len(mail.content) <= SMALL
        rows.append(
            IncomingMail(
                inbox_id=mail.inbox_id,
                source=mail.source[:200],
                mail_from=_plain(mail.mail_from)[:320],
                recipients=[_plain(address)[:320] for address in mail.recipients],
                content=mail.content if small else None,
                key="" if small else files.store(mail.content).key,
                size=len(mail.content),
                received_at=now,
            )
        )
    IncomingMail.objects.bulk_create(rows, ignore_conflicts=True)
    wake(TOPIC)
    return len(rows)


def _plain(text: str) -> str:
    """Without what the database cannot hold."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def content_of(mail: IncomingMail) -> bytes:
    """The mail as it came. Raises FileNotFoundError when it was dropped after its time or the store lost it."""
    if mail.content is not None:
        return bytes(mail.content)
    if mail.key:
        return files.read(mail.key)
    raise FileNotFoundError(f"the content of mail {mail.pk} is gone")


_Waiting = tuple[RawMail, "Future[None]"]


class Gathering:
    """A thread that keeps what many connections hand in: whatever came while one commit ran goes into the next."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="mail intake", daemon=True)
        self._thread.start()

    def keep(self, mail: RawMail) -> "Future[None]":
        """Done when the mail is durable; fails with what `keep` raises."""
        done: Future[None] = Future()
        self._waiting.put((mail, done))
        return done

    def close(self) -> None:
        """Keep what was handed in, then end."""
        self._waiting.put(None)
        self._thread.join(timeout=20)

    def _run(self) -> None:
        try:
            while batch := self._next():
                close_old_connections()
                self._keep(batch)
        finally:
            connection.close()

    def _next(self) -> list[_Waiting]:
        first = self._waiting.get()
        if first is None:
            return []
        batch, size = [first], len(first[0].content)
        while len(batch) < MOST_TOGETHER and size < MOST_BYTES:
            try:
                more = self._waiting.get_nowait()
            except queue.Empty:
                break
            if more is None:
                self._waiting.put(None)
                break
            batch.append(more)
            size += len(more[0].content)
        return batch

    def _keep(self, batch: Sequence[_Waiting]) -> None:
        batch = [(mail, done) for mail, done in batch if done.set_running_or_notify_cancel()]
        if not batch:
            return
        try:
            keep([mail for mail, _ in batch])
        except DataError as error:
            # One of them cannot be stored as it is: the others must not suffer for it.
            if len(batch) == 1:
                batch[0][1].set_exception(error)
                return
            for mail, done in batch:
                self._keep_alone(mail, done)
        except (Error, OSError) as error:
            log.warning("mail cannot be kept now: %s", str(error).strip().splitlines()[:1])
            for _, done in batch:
                done.set_exception(error)
        except Exception as error:
            log.exception("mail cannot be kept")
            for _, done in batch:
                done.set_exception(error)
        else:
            for _, done in batch:
                done.set_result(None)

    def _keep_alone(self, mail: RawMail, done: "Future[None]") -> None:
        try:
            keep([mail])
        except (Error, OSError) as error:
            done.set_exception(error)
        else:
            done.set_result(None)
