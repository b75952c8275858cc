"""A client of the live stream for tests: the ASGI application is called directly, as the server would."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection

from sapa.accounts.models import User
from sapa.timeline.live import Streams

T = TypeVar("T")


def log_in(user: User) -> str:
    """The key of a new session of this person."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    assert session.session_key
    return session.session_key


async def in_thread(work: Callable[[], T]) -> T:
    """Do blocking work with a database connection of its own."""

    def run() -> T:
        try:
            return work()
        finally:
            connection.close()

    return await asyncio.to_thread(run)


@dataclass(frozen=True)
class Event:
    kind: str
    id: str = ""
    data: dict[str, Any] = field(default_factory=dict)


class Client:
    """One stream; use it as an async context."""

    def __init__(self, streams: Streams, session: str = "", *, last: str = "", query: str = "", **headers: str) -> None:
        given = dict(headers)
        if session:
            given["cookie"] = f"theme=dark; {settings.SESSION_COOKIE_NAME}={session}"
        if last:
            given["last-event-id"] = last
        self.scope: Any = {
            "type": "http",
            "method": "GET",
            "path": "/live",
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        }
        self.streams = streams
        self.status: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.left = asyncio.Event()
        self.taking = asyncio.Event()
        self.taking.set()
        self.last = ""

    async def __aenter__(self) -> "Client":
        self.task = asyncio.create_task(self._run())
        both: set[asyncio.Future[Any]] = {self.status, self.task}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.left.set()
        self.taking.set()
        await asyncio.wait_for(self.task, 5)

    async def next(self, seconds: float = 5) -> Event:
        return await asyncio.wait_for(self.events.get(), seconds)

    async def until(self, kind: str) -> Event:
        while True:
            event = await self.next()
            if event.kind == kind:
                return event

    async def ended(self, seconds: float = 5) -> bool:
        done, _ = await asyncio.wait({self.task}, timeout=seconds)
        return bool(done)

    async def _run(self) -> None:
        async def receive() -> Any:
            await self.left.wait()
            return {"type": "http.disconnect"}

        await self.streams(self.scope, receive, self._take)

    async def _take(self, message: Any) -> None:
        await self.taking.wait()
        if message["type"] == "http.response.start":
            self.status.set_result(message["status"])
        elif self.status.result() == 200:
            for text in message["body"].decode().split("\n\n"):
                fields = dict(line.split(": ", 1) for line in text.split("\n") if line)
                self.last = fields.get("id", self.last)
                if "event" in fields:
                    self.events.put_nowait(Event(fields["event"], fields.get("id", ""), json.loads(fields["data"])))


def with_streams(test: Callable[[Streams], Awaitable[None]]) -> None:
    """Run an async test with streams of its own, and stop them."""

    async def run() -> None:
        streams = Streams()
        try:
            await asyncio.wait_for(test(streams), 30)
        finally:
            await streams.stop()

    asyncio.run(run())
