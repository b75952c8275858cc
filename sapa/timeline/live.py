"""GET /live: the server-sent events of a person, for as long as the browser stays (docs/timeline.md).

Events are facts with ids and nothing else: `event: message.created`, `data: {"conversation":12,"message":34}`; besides
`ready`, `beat` (still there; moves the place to resume from) and `reset` (too much was missed: read everything anew).
"""

import asyncio
import json
import random
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

import psycopg
from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope
from django.conf import settings
from django.db import DatabaseError
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sapa.core.errors import NotAllowed
from sapa.timeline import backlog
from sapa.timeline.hub import Hub, Place, Subscriber, block
from sapa.timeline.listener import Credential, Listener, credential_of, listener

MOST_STREAMS = 10_000  # of one process
MOST_OF_A_PERSON = 50
SEND_SECONDS = 20.0  # a client that takes nothing for so long is gone
START_SECONDS = 10.0
REVALIDATE_SECONDS = 60.0
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx must not gather events
]


class Streams:
    """The live streams of one process; `start` and all else belong to its event loop."""

    def __init__(self) -> None:
        self.hub = Hub()
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="live")
        self._revalidation: asyncio.Task[None] | None = None
        self._stopped = False

    async def __call__(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve one stream until the client leaves, is too slow, loses its rights, or the process stops."""
        if scope["method"] != "GET":
            return await _refuse(send, 405, _("Only GET is answered here."))
        if self._stopped or len(self.hub) >= MOST_STREAMS:
            return await _refuse(send, 503, _("No more live streams at the moment; try again in a few seconds."))
        self._start()
        credential = credential_of(scope["headers"])
        try:
            person = await self._person(credential) if credential else None
            await asyncio.wait_for(self.hub.ready.wait(), START_SECONDS)
        except (DatabaseError, TimeoutError):
            return await _refuse(send, 503, _("The database is away; try again in a few seconds."))
        except NotAllowed as error:
            return await _refuse(send, 403, str(error))
        if credential is None or person is None:
            return await _refuse(send, 401, _("Log in first."))
        if self.hub.streams_of(person.user_id) >= MOST_OF_A_PERSON:
            return await _refuse(send, 429, _("Too many live streams are open for you; close some windows."))
        subscriber = Subscriber(person, credential)
        with self.hub.subscribed(subscriber):
            gone = asyncio.create_task(_until_gone(receive, subscriber))
            try:
                await self._serve(subscriber, scope, send)
            finally:
                gone.cancel()

    async def stop(self) -> None:
        """End all streams at once; the process is about to end."""
        self._stopped = True
        if self._revalidation is not None:
            self._revalidation.cancel()
        await self.hub.stop()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _start(self) -> None:
        self.hub.start()
        if self._revalidation is None:
            self._revalidation = asyncio.create_task(self._revalidate())

    async def _person(self, credential: Credential) -> Listener | None:
        return await asyncio.get_running_loop().run_in_executor(self._threads, listener, credential)

    async def _serve(self, subscriber: Subscriber, scope: HTTPScope, send: ASGISendCallable) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS, "trailers": False})
        # Spread, so that all the browsers of a restarted server do not come back in the same instant.
        await _send(send, f"retry: {random.randint(1000, 4000)}\n\n".encode())  # noqa: S311
        # The stream hears its topics already; what the backlog tells is skipped there.
        place = self.hub.place
        missed = await self._missed(scope, subscriber.listener.topics)
        if missed is None:
            return await _send(send, b"", more=False)
        subscriber.skip(missed.facts)
        first = block("reset", {}, at=place) if missed.too_much else missed.blocks + block("ready", {}, at=place)
        try:
            await _send(send, first)
            while found := await subscriber.next():
                await _send(send, found)
            await _send(send, b"", more=False)
        except TimeoutError:
            return  # the server closes the connection of a response that was never completed

    async def _missed(self, scope: HTTPScope, topics: frozenset[str]) -> backlog.Missed | None:
        """By `Last-Event-ID` (or `?last=`), else by `?age=`, the page's age in milliseconds. None: no database."""
        query = parse_qs(scope["query_string"].decode("latin-1"))
        header = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"last-event-id"), "")
        last, age = header or query.get("last", [""])[0], query.get("age", [""])[0]
        try:
            if self.hub.reader is None:
                return None
            if last:
                place = _place(last)
                return await backlog.since(self.hub.reader, place, topics) if place else backlog.Missed(too_much=True)
            if age.isascii() and age.isdigit() and len(age) < 12:
                return await backlog.recent(self.hub.reader, int(age) / 1000, topics)
            return backlog.Missed()
        except psycopg.OperationalError:
            return None

    async def _revalidate(self) -> None:
        """Ask of every credential, evenly over a minute, whether it is still good and hears the same topics."""
        while True:
            await asyncio.sleep(1)
            held: dict[Credential, list[Subscriber]] = defaultdict(list)
            for subscriber in self.hub.subscribers():
                held[subscriber.credential].append(subscriber)
            for credential, subscribers in held.items():
                await asyncio.sleep(REVALIDATE_SECONDS / len(held))
                try:
                    person = await self._person(credential)
                except DatabaseError:
                    continue
                except NotAllowed:
                    person = None
                for subscriber in subscribers:
                    if person != subscriber.listener:
                        self.hub.close_stream(subscriber)


streams = Streams()


async def live(scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """The ASGI application behind /live."""
    await streams(scope, receive, send)


async def shutdown() -> None:
    """Call it when the process is told to stop: endless streams would hold it up."""
    await streams.stop()


def _place(text: str) -> Place | None:
    xid, dash, fact_id = text.partition("-")
    if not (dash and all(part.isascii() and part.isdigit() and len(part) < 20 for part in (xid, fact_id))):
        return None
    place = int(xid), int(fact_id)
    return place if place[0] < 2**63 and place[1] < 2**63 else None


async def _until_gone(receive: ASGIReceiveCallable, subscriber: Subscriber) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    subscriber.close()


async def _send(send: ASGISendCallable, body: bytes, *, more: bool = True) -> None:
    """Raises TimeoutError when the client takes nothing."""
    async with asyncio.timeout(SEND_SECONDS):
        await send({"type": "http.response.body", "body": body, "more_body": more})


async def _refuse(send: ASGISendCallable, status: int, sentence: str | Promise) -> None:
    """A problem as the API has them; the sentence is for programs, so in the language of the installation."""
    headers = [(b"content-type", b"application/problem+json"), (b"cache-control", b"no-store")]
    if status in (429, 503):
        headers.append((b"retry-after", b"5"))
    with translation.override(settings.LANGUAGE_CODE):
        body = json.dumps({"title": str(sentence), "status": status}).encode()
    await send({"type": "http.response.start", "status": status, "headers": headers, "trailers": False})
    await send({"type": "http.response.body", "body": body, "more_body": False})
