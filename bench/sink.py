"""A mail server that takes everything and counts it, in a process of its own."""

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.sharedctypes import Synchronized


class Received:
    """How many mails have come in."""

    def __init__(self, count: "Synchronized[int]") -> None:
        self._count = count
        self._begun = time.monotonic()

    @property
    def count(self) -> int:
        return self._count.value

    def drained(self, wanted: int, *, seconds: float) -> float:
        """Wait until `wanted` mails came or the time is over; gives mails a second since the sink opened."""
        until = time.monotonic() + seconds
        while self.count < wanted and time.monotonic() < until:
            time.sleep(0.1)
        return self.count / (time.monotonic() - self._begun)


@contextmanager
def sink(port: int) -> Iterator[Received]:
    """Listen on `port` of the loopback."""
    context = multiprocessing.get_context("fork")
    count: Synchronized[int] = context.Value("q", 0)
    process = context.Process(target=_serve, args=(port, count), daemon=True)
    process.start()
    time.sleep(0.5)
    try:
        yield Received(count)
    finally:
        process.terminate()
        process.join(5)


def _serve(port: int, count: "Synchronized[int]") -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        while line := await reader.readline():
            match line[:4].upper():
                case b"EHLO":
                    writer.write(b"250-sink\r\n250-8BITMIME\r\n250-PIPELINING\r\n250 SIZE 99999999\r\n")
                case b"DATA":
                    writer.write(b"354 go\r\n")
                    await writer.drain()
                    while await reader.readline() != b".\r\n":
                        pass
                    with count.get_lock():
                        count.value += 1
                    writer.write(b"250 taken\r\n")
                case b"QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                case _:
                    writer.write(b"250 ok\r\n")
            await writer.drain()
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", port, limit=1 << 20)
        async with server:
            await server.serve_forever()

    asyncio.run(main())
