"""The built-in listener: a mail server (Postfix, Exim…) delivers to it by LMTP or SMTP; one thread, one event loop."""

import asyncio
import logging
import threading
from urllib.parse import urlsplit

from django.conf import settings

from sapa.channels.email.intake import Gathering
from sapa.channels.email.session import Session, opened
from sapa.core.loop import Loop

log = logging.getLogger("sapa.mail")
MOST_CONNECTIONS = 200
TIMEOUT = 300.0  # seconds for one command, and for the whole content of one mail
GRACE = 5.0  # seconds that deliveries in hand get at the end


class Listener:
    """Listens from `start` to `stop`. Port 0 takes a free one, told by `port`."""

    def __init__(self, host: str, port: int, *, timeout: float = TIMEOUT, most: int = MOST_CONNECTIONS) -> None:
        self.host, self.port, self.timeout, self.most = host, port, timeout, most
        self.in_hand = 0
        self.has_room, self.room_seen_at = True, 0.0
        self.connections: set[Session] = set()
        self.gathering = Gathering()
        self._ready = threading.Event()
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="lmtp", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()

    def start(self) -> None:
        """Raises OSError when the port is taken or may not be used."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self.gathering.close()
            raise self._failure

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """Take no more connections, let deliveries in hand finish for a moment, then close."""
        if self._loop is not None and self.is_running:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(timeout=GRACE + 5)
        self.gathering.close()

    async def _serve(self) -> None:
        self._loop = loop = asyncio.get_running_loop()
        hostname = urlsplit(settings.PUBLIC_URL).hostname or "localhost"

        def make() -> Session:
            return Session(self, hostname=hostname, timeout=self.timeout, loop=loop)

        try:
            server = await loop.create_server(lambda: opened(self, self.most, make), self.host, self.port, backlog=1024)
        except OSError as error:
            self._failure = error
            self._ready.set()
            return
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        deadline = loop.time() + GRACE
        while self.in_hand and loop.time() < deadline:  # noqa: ASYNC110 (many connections, one short wait)
            await asyncio.sleep(0.05)
        for session in list(self.connections):
            session.close()
        await asyncio.sleep(0)


class Door:
    """Keeps one listener open: opened by the first step, opened again should it ever end."""

    def __init__(self) -> None:
        self._listener: Listener | None = None
        self._told = ""

    def step(self) -> bool:
        if self._listener is not None and self._listener.is_running:
            return False
        listener = Listener(settings.LMTP_HOST, settings.LMTP_PORT)
        try:
            listener.start()
        except OSError as error:
            sentence = (
                f"no mail can be delivered to {settings.LMTP_HOST}:{settings.LMTP_PORT} ({error.strerror}); "
                "set SAPA_LMTP_HOST and SAPA_LMTP_PORT to a free address"
            )
            if sentence != self._told:
                log.error("%s", sentence)
                self._told = sentence
            return False
        self._listener, self._told = listener, ""
        log.info("taking mail by LMTP and SMTP on %s:%d", settings.LMTP_HOST, listener.port)
        return False

    def finish(self) -> None:
        if self._listener is not None:
            self._listener.stop()


def loops() -> list[Loop]:
    """The listener's loop; none when SAPA_LMTP_PORT is 0."""
    door = Door()
    if not settings.LMTP_PORT:
        return []
    return [Loop(name="mail listener", step=door.step, poll_seconds=2.0, finish=door.finish)]
