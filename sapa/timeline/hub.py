"""The hub of a web process: one reader of the timeline hands each new fact to the streams that may hear it.

It reads by (xid, id) like every follower, with one difference: a fact that is committed but not yet settled (an older
transaction is still open) is handed out at once, without an id, so that a slow transaction delays nobody's page. The
place from which a stream resumes moves only over settled facts; what was handed out early may therefore come twice
after a reconnection, and is never missed.
"""

import asyncio
import contextlib
import json
import logging
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import psycopg

from sapa.accounts.changed import TOPIC as ACCESS
from sapa.core.loop import CHANNEL, listen_params
from sapa.timeline import tell
from sapa.timeline.listener import Credential, Listener
from sapa.timeline.record import TOPIC

log = logging.getLogger("sapa.live")
BATCH = 1000
POLL_SECONDS = 1.0
PAUSE_SECONDS = 0.005  # gathers the facts of a burst into one reading
HEARTBEAT_SECONDS = 25.0
MOST_WAITING = 200  # blocks that a stream may be behind before it is dropped

COLUMNS = (
    "f.id, f.xid::text as x, f.kind, f.conversation_id, f.payload->>'message_id' as message, f.agent_id, f.audience"
)
_NEXT = f"""
select {COLUMNS}, f.xid < (select pg_snapshot_xmin(pg_current_snapshot())) as settled from timeline_fact f
where (f.xid, f.id) > (%s::text::xid8, %s) order by f.xid, f.id limit {BATCH}
"""  # noqa: S608 (constants)

K = TypeVar("K", int, str)
Row = tuple[int, str, str, int | None, str | None, int | None, list[str], bool]
Place = tuple[int, int]  # (xid, fact id)


class Subscriber:
    """One open stream: what still has to be sent to it."""

    __slots__ = ("_news", "_seen", "_waiting", "closed", "credential", "listener")

    def __init__(self, listener: Listener, credential: Credential) -> None:
        self.listener, self.credential = listener, credential
        self.closed = False
        self._news: asyncio.Future[None] | None = None
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._seen: frozenset[int] = frozenset()

    def push(self, block: bytes, fact_id: int = 0) -> None:
        """Put a block in line; a stream that reads too slowly is closed, and resumes when its browser comes back."""
        if len(self._waiting) >= MOST_WAITING:
            self.close()
        elif not self.closed:
            self._waiting.append((fact_id, block))
            self._wake()

    def skip(self, seen: frozenset[int]) -> None:
        """Facts that were sent from the backlog already."""
        self._seen = seen

    def close(self) -> None:
        """End the stream when what is in line has been sent."""
        self.closed = True
        self._wake()

    async def next(self) -> bytes:
        """All that is in line, waiting for it; empty when the stream is closed."""
        while True:
            found = b"".join(block for fact_id, block in self._waiting if not fact_id or fact_id not in self._seen)
            self._waiting.clear()
            if found or self.closed:
                return found
            self._news = asyncio.get_running_loop().create_future()
            try:
                await self._news
            finally:
                self._news = None

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)


class Hub:
    """All streams of this process, by topic, and the tasks that feed them. Lives in one event loop."""

    def __init__(self) -> None:
        self.place: Place = (0, 0)  # every fact up to here has been handed out
        self.ready = asyncio.Event()
        self.reader: psycopg.AsyncConnection[Any] | None = None
        self._by_topic: dict[str, set[Subscriber]] = defaultdict(set)
        self._by_user: dict[int, set[Subscriber]] = defaultdict(set)
        self._early: set[int] = set()
        self._woken = asyncio.Event()
        self._hears = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start reading; nothing happens when it runs already."""
        if not self._tasks:
            self._tasks = [asyncio.create_task(job) for job in (self._read(), self._listen(), self._beat())]

    async def stop(self) -> None:
        """Close every stream and stop reading."""
        for subscriber in self.subscribers():
            subscriber.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def __len__(self) -> int:
        return sum(map(len, self._by_user.values()))

    def subscribers(self) -> list[Subscriber]:
        return [subscriber for group in self._by_user.values() for subscriber in group]

    def streams_of(self, user_id: int) -> int:
        return len(self._by_user.get(user_id, ()))

    @contextlib.contextmanager
    def subscribed(self, subscriber: Subscriber) -> Iterator[None]:
        """The time during which a stream hears its topics."""
        user_id, topics = subscriber.listener.user_id, subscriber.listener.topics
        self._by_user[user_id].add(subscriber)
        for topic in topics:
            self._by_topic[topic].add(subscriber)
        try:
            yield
        finally:
            _leave(self._by_user, user_id, subscriber)
            for topic in topics:
                _leave(self._by_topic, topic, subscriber)

    def close_streams(self, user_id: int) -> None:
        """End the streams of a person, whose browser comes back, is asked who it is, and reads everything anew."""
        for subscriber in list(self._by_user.get(user_id, ())):
            self.close_stream(subscriber)

    def close_stream(self, subscriber: Subscriber) -> None:
        """End one stream whose person hears something else now."""
        subscriber.push(block("reset", {}))
        subscriber.close()

    def _tell(self, topics: Iterable[str], block: bytes, fact_id: int = 0) -> None:
        heard: set[Subscriber] = set()
        for topic in topics:
            heard |= self._by_topic.get(topic, set())
        for subscriber in heard:
            subscriber.push(block, fact_id)

    async def _read(self) -> None:
        """Read the timeline for as long as the process lives; after an outage it goes on where it was."""
        while True:
            try:
                async with await _connect() as self.reader:
                    if not self.place[0]:
                        await self._skip_to_now(self.reader)
                    await self._hears.wait()  # or a first stream could miss passing news
                    self.ready.set()
                    while True:
                        self._woken.clear()
                        if await self._read_batch(self.reader):
                            continue
                        await asyncio.sleep(PAUSE_SECONDS)
                        with contextlib.suppress(TimeoutError):
                            await asyncio.wait_for(self._woken.wait(), POLL_SECONDS)
            except psycopg.Error as error:
                log.warning("live streams wait for the database: %s", str(error).strip().split("\n")[0])
            finally:
                self.reader = None
                self.ready.clear()
            await asyncio.sleep(POLL_SECONDS)

    async def _skip_to_now(self, connection: psycopg.AsyncConnection[Any]) -> None:
        found = await (await connection.execute("select pg_snapshot_xmin(pg_current_snapshot())::text")).fetchone()
        assert found is not None
        self.place = (int(found[0]), 0)
        self._early.clear()

    async def _read_batch(self, connection: psycopg.AsyncConnection[Any]) -> bool:
        """Hand out what is new; True when settled facts may be left."""
        if not self._by_user:
            await self._skip_to_now(connection)  # nobody hears: no need to read a big import row by row
            return False
        rows: list[Row] = await (await connection.execute(_NEXT, (str(self.place[0]), self.place[1]))).fetchall()
        settled = False
        for row in rows:
            fact_id, xid, settled = row[0], int(row[1]), row[7]
            if fact_id not in self._early:
                self._tell(row[6], fact_block(row, with_id=settled), fact_id)
            if settled:
                self.place = (xid, fact_id)
                self._early.discard(fact_id)
            else:
                self._early.add(fact_id)
        return len(rows) == BATCH and settled

    async def _listen(self) -> None:
        """Hear NOTIFY: new facts wake the reader, passing news go out as they are, changed rights end streams."""
        while True:
            with contextlib.suppress(psycopg.Error):
                async with await _connect() as connection:
                    await connection.execute(f"listen {CHANNEL}")
                    await connection.execute(f"listen {tell.CHANNEL}")
                    self._hears.set()
                    async for notice in connection.notifies():
                        self._hear(notice.channel, notice.payload)
            # What was not heard meanwhile: facts are polled, changed rights are found by the revalidation.
            await asyncio.sleep(POLL_SECONDS)

    def _hear(self, channel: str, payload: str) -> None:
        if channel == tell.CHANNEL:
            news = json.loads(payload)
            self._tell(news["topics"], block(news["kind"], news["ids"]))
        elif payload == TOPIC:
            self._woken.set()
        elif payload.startswith(ACCESS):
            self.close_streams(int(payload.removeprefix(ACCESS)))

    async def _beat(self) -> None:
        """Show every stream that it lives, and from where it may resume; a few at a time."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            for number, subscriber in enumerate(self.subscribers()):
                subscriber.push(block("beat", {}, at=self.place))
                if number % 200 == 199:
                    await asyncio.sleep(0.01)


def _leave(groups: dict[K, set[Subscriber]], key: K, subscriber: Subscriber) -> None:
    groups[key].discard(subscriber)
    if not groups[key]:
        del groups[key]


def block(event: str, ids: dict[str, int | None], *, at: Place | None = None) -> bytes:
    """One server-sent event; `at` is the place from which a stream resumes after it."""
    data = json.dumps({name: value for name, value in ids.items() if value is not None}, separators=(",", ":"))
    place = f"id: {at[0]}-{at[1]}\n" if at else ""
    return f"{place}event: {event}\ndata: {data}\n\n".encode()


def fact_block(row: Row, *, with_id: bool) -> bytes:
    """The event of a fact: ids only, whoever may see more asks for it."""
    ids = {"conversation": row[3], "message": int(row[4]) if row[4] else None, "agent": row[5]}
    return block(row[2], ids, at=(int(row[1]), row[0]) if with_id else None)


async def _connect() -> psycopg.AsyncConnection[Any]:
    return await psycopg.AsyncConnection.connect(**listen_params(), autocommit=True)
