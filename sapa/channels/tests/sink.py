"""A real mail server for tests: it keeps what it is given, and misbehaves where it is told to."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message as Mail

Answer = Callable[[str, str], bytes | None]


@dataclass
class Got:
    """One mail that a sink accepted."""

    sender: str
    recipients: list[str]
    content: bytes

    @property
    def mail(self) -> Mail:
        return message_from_bytes(self.content)


@dataclass
class Sink:
    """An SMTP server on loopback. `answer(stage, argument)` may give other bytes than «250 OK»; b"" breaks the connection."""

    answer: Answer = lambda stage, argument: None
    got: list[Got] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._talk(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender = ""
        recipients: list[str] = []

        def say(stage: str, argument: str, usual: bytes) -> bool:
            told = self.answer(stage, argument)
            if told == b"":
                raise ConnectionError
            writer.write((told or usual) + b"\r\n")
            return told is None or told[:1] in b"23"

        say("connect", "", b"220 sink")
        while line := (await reader.readuntil(b"\r\n")).decode("utf-8", "replace").strip():
            verb, argument = line[:4].upper(), line[4:].strip()
            match verb:
                case "EHLO":
                    say("ehlo", argument, b"250-sink\r\n250-8BITMIME\r\n250 SIZE 50000000")
                case "MAIL":
                    if say("mail", argument, b"250 OK"):
                        sender, recipients = argument[argument.index("<") + 1 : argument.index(">")], []
                case "RCPT":
                    if say("rcpt", argument, b"250 OK"):
                        recipients.append(argument[argument.index("<") + 1 : argument.index(">")])
                case "DATA":
                    if say("data", "", b"354 go on"):
                        content = (await reader.readuntil(b"\r\n.\r\n"))[:-3].replace(b"\r\n..", b"\r\n.")
                        if self.answer("content", "") != b"unkept":
                            if say("end", "", b"250 kept"):
                                self.got.append(Got(sender, recipients, content))
                        else:
                            self.got.append(Got(sender, recipients, content))
                            raise ConnectionError
                case "QUIT":
                    say("quit", "", b"221 bye")
                    return
                case _:
                    say(verb.lower(), argument, b"250 OK")
            await writer.drain()


@contextmanager
def sink(answer: Answer = lambda stage, argument: None) -> Iterator[Sink]:
    """A running sink."""
    server = Sink(answer)
    ready, loop = threading.Event(), asyncio.new_event_loop()

    async def start() -> asyncio.Server:
        started = await asyncio.start_server(server.talk, "127.0.0.1", 0, limit=100_000_000)
        server.port = started.sockets[0].getsockname()[1]
        ready.set()
        return started

    def run() -> None:
        asyncio.set_event_loop(loop)
        running = loop.run_until_complete(start())
        loop.run_forever()
        running.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.01))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait(5)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
