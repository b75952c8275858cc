"""Which mailboxes this process fetches: claims are renewed, new and changed mailboxes picked up, lost ones let go."""

import os
import secrets
import socket
import time

from sapa.channels.email.actions.mailbox import TOPIC
from sapa.channels.email.imap import progress
from sapa.channels.email.imap.follow import Follow, Pace
from sapa.core.loop import Loop

STEP_SECONDS = 2.0
FINISH_SECONDS = 5.0


class Fetchers:
    """The threads of this process, one for each mailbox that it has claimed."""

    def __init__(self, pace: Pace | None = None, *, claim_seconds: int = progress.CLAIM_SECONDS) -> None:
        self.owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(6)}"
        self.threads: dict[int, Follow] = {}
        self._pace, self._claim_seconds = pace or Pace(), claim_seconds

    def step(self) -> bool:
        """Make the threads those of the claims."""
        claims = progress.claim(self.owner, seconds=self._claim_seconds)
        for id, thread in list(self.threads.items()):
            if claims.get(id) != thread.claim or not thread.is_alive():
                thread.stop.set()
                del self.threads[id]
        for id, claim in claims.items():
            if id not in self.threads:
                self.threads[id] = Follow(claim, self._pace)
                self.threads[id].start()
        return False

    def finish(self) -> None:
        """Stop all threads, wait for them a moment, and give the mailboxes to whoever wants them."""
        for thread in self.threads.values():
            thread.stop.set()
        until = time.monotonic() + FINISH_SECONDS
        for thread in self.threads.values():
            thread.join(timeout=max(0.0, until - time.monotonic()))
        self.threads.clear()
        progress.release(self.owner)


def loops() -> list[Loop]:
    """The loop that keeps the fetchers running."""
    fetchers = Fetchers()
    return [
        Loop(
            name="mailboxes",
            step=fetchers.step,
            topics=frozenset({TOPIC}),
            poll_seconds=STEP_SECONDS,
            finish=fetchers.finish,
        )
    ]
