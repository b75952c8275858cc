"""Fetchers as the work process runs them, and a mailbox at a test's Dovecot."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from django.db import connection

from sapa.channels.email.actions import MailboxSecret, add_mailbox
from sapa.channels.email.actions.mailbox import TOPIC
from sapa.channels.email.imap.fetchers import Fetchers
from sapa.channels.email.imap.follow import Pace
from sapa.channels.email.models import IncomingMail, Mailbox
from sapa.channels.tests.dovecot import PASSWORD, Dovecot
from sapa.conversations.models import Inbox
from sapa.core.loop import Loop, run

QUICK = Pace(idle=20, poll=0.3, first=0.1, refused=0.2, most=1, tick=0.5, answer=10)


@contextlib.contextmanager
def fetching(pace: Pace = QUICK) -> Iterator[Fetchers]:
    """A work process's fetchers, in threads of this process."""
    fetchers, stop = Fetchers(pace), threading.Event()
    loop = Loop(
        name="mailboxes",
        step=fetchers.step,
        topics=frozenset({TOPIC}),
        poll_seconds=0.3,
        finish=fetchers.finish,
    )
    thread = threading.Thread(target=run, args=([loop], stop))
    thread.start()
    try:
        yield fetchers
    finally:
        stop.set()
        thread.join()
        connection.close()


def mailbox_at(dovecot: Dovecot, inbox: Inbox, **more: object) -> Mailbox:
    """A mailbox of the inbox's own address at that server, over TLS."""
    wanted: dict[str, object] = {
        "host": "localhost",
        "port": dovecot.imaps,
        "user": inbox.address,
        "secret": MailboxSecret(password=PASSWORD),
    }
    return add_mailbox(inbox, by=None, **{**wanted, **more})  # type: ignore[arg-type]


def soon(condition: Callable[[], object], *, seconds: float = 30.0) -> float:
    """Wait until it holds; how long that took, in seconds."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"not within {seconds} s; mailboxes say {list(Mailbox.objects.values_list('error'))}")
        time.sleep(0.05)
    return time.monotonic() - began


def kept() -> int:
    """How many mails the intake holds."""
    return IncomingMail.objects.count()


def is_idle(mailbox: Mailbox) -> bool:
    """Whether everything that was there has been fetched."""
    found = Mailbox.objects.filter(pk=mailbox.pk, checked_at__isnull=False, error="").first()
    return found is not None and found.uid_validity is not None
