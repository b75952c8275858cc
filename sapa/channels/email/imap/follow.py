"""The thread of one mailbox: connect, catch up, wait for news, and come back after every kind of trouble."""

import logging
import random
import threading
import time
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.utils.translation import gettext as _

from sapa.channels.email.imap import progress
from sapa.channels.email.imap.client import Client, connected, explained
from sapa.channels.email.imap.fetch import Fetch, Trouble
from sapa.core.errors import Passing, Permanent

log = logging.getLogger("sapa.imap")


@dataclass(frozen=True)
class Pace:
    """Seconds. idle: how long one IDLE lasts (servers end it after 29 minutes, routers earlier), and so the polling
    behind it; poll: between two looks at a server without IDLE; first and most: the waits after trouble; refused: the
    first wait after a refusal, which a person must mend."""

    idle: float = 240.0
    poll: float = 30.0
    first: float = 1.0
    refused: float = 30.0
    most: float = 300.0
    tick: float = 1.0
    answer: float = 60.0


class Follow(threading.Thread):
    """Fetches one mailbox until `stop` is set or the claim is lost. It never holds a database connection while it waits."""

    def __init__(self, claim: progress.Claim, pace: Pace) -> None:
        super().__init__(name=f"imap {claim.mailbox_id}", daemon=True)
        self.claim, self.pace = claim, pace
        self.stop = threading.Event()
        self._trouble = Trouble()
        self._failures = 0

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self._session()
            except progress.ClaimLost:
                return
            except (OperationalError, InterfaceError) as error:
                connection.close()
                log.warning("%s: the database is away (%s)", self.name, str(error).strip().splitlines()[:1])
                self._pause(self.pace.first)
            except Permanent as error:
                self._report(str(error))
                self._pause(self.pace.refused)
            except Passing as error:
                self._report(str(error))
                self._pause(self.pace.first)
            except Exception:
                # A fault of ours in one mailbox must not end it for good: it is logged and tried again, more slowly.
                log.exception("%s: fetching failed", self.name)
                self._report(_("Fetching failed because of a fault in Sapa; its log says more."))
                self._pause(self.pace.refused)
            finally:
                connection.close()

    def _session(self) -> None:
        close_old_connections()
        mailbox = progress.load(self.claim)
        connection.close()  # logging in may take long
        with connected(mailbox, timeout=self.pace.answer) as client, explained(mailbox):
            fetch = Fetch(client, self.claim, mailbox, self.stop, self._trouble)
            while not self.stop.is_set():
                fetch.catch_up()
                self._failures = 0
                connection.close()
                self._wait(client)

    def _wait(self, client: Client) -> None:
        """Until the server has news, the time is over, or we are told to stop."""
        if not client.has_capability("IDLE"):
            self.stop.wait(self.pace.poll)
            return
        client.idle()
        until = time.monotonic() + self.pace.idle
        while not self.stop.is_set() and (left := until - time.monotonic()) > 0:
            began, tick = time.monotonic(), min(left, self.pace.tick)
            news = client.idle_check(timeout=tick)
            if any(len(line) > 1 and line[1] in (b"EXISTS", b"RECENT") for line in news):
                break
            if not news and time.monotonic() - began < tick / 2:
                break  # readable but silent: the server hung up, which idle_done tells
            if any(line[0] == b"BYE" for line in news):
                break
        client.idle_done()

    def _report(self, sentence: str) -> None:
        log.warning("%s: %s", self.name, sentence)
        try:
            progress.report(self.claim, sentence)
        except (OperationalError, InterfaceError):
            connection.close()

    def _pause(self, first: float) -> None:
        """Wait twice as long after each failure; a little by chance, so that many mailboxes do not come back at once."""
        self._failures += 1
        seconds = min(first * 2 ** min(self._failures - 1, 20), self.pace.most)
        connection.close()
        self.stop.wait(seconds * random.uniform(0.8, 1.0))  # noqa: S311  (spreads load, keeps no secret)
