"""One connection of a mail server that delivers to us: LMTP after LHLO, plain SMTP after EHLO, on the same port."""

import asyncio
import logging
import re
import secrets
import shutil
from collections.abc import Callable
from typing import Protocol

from aiosmtpd.smtp import SMTP, Envelope, syntax
from aiosmtpd.smtp import Session as Greeted
from django.conf import settings
from django.db import Error, connection

from sapa.channels.email import directory
from sapa.channels.email.intake import Gathering, RawMail

log = logging.getLogger("sapa.mail")
MOST_RECIPIENTS = 1_000
MOST_IN_HAND = 256 * 1024 * 1024  # bytes of unfinished mails in memory, over all connections
FREE_DISK = 200 * 1024 * 1024
PIECE = 64 * 1024
SIMPLE_PATH = re.compile(r"\s*<([^<>\s\"\\]*)>[ \t]*([^<>]*)")
END = b"\r\n.\r\n"
FULL = "452 4.3.1 There is no room to keep the mail now; try again later"
BUSY = "452 4.3.2 Too many mails are being received now; try again later"
BROKEN = "451 4.3.0 The mail could not be kept because of a fault here; try again later"


class House(Protocol):
    """What all connections share."""

    gathering: Gathering
    in_hand: int
    has_room: bool
    room_seen_at: float
    connections: set["Session"]


class Session(SMTP):
    """The commands are the library's; receiving the content and the answers to it are ours.

    The library takes the content line by line, refuses long lines that real mailers write, and gives one answer
    where LMTP wants one for each recipient.
    """

    line_length_limit = PIECE

    def __init__(self, house: House, *, hostname: str, timeout: float, loop: asyncio.AbstractEventLoop) -> None:
        self.house = house
        house.connections.add(self)  # not when it is made: many are accepted before the first one is
        self.is_lmtp = False
        super().__init__(
            self,
            data_size_limit=settings.MAIL_LIMIT,
            enable_SMTPUTF8=True,
            hostname=hostname,
            ident="Sapa",
            timeout=timeout,
            loop=loop,
        )

    def connection_lost(self, error: Exception | None) -> None:
        self.house.connections.discard(self)
        super().connection_lost(error)

    def close(self) -> None:
        """End the connection; what was not answered yet is sent again by the other server."""
        if self.transport is not None:
            self.transport.close()

    @syntax("LHLO hostname")
    async def smtp_LHLO(self, arg: str) -> None:  # noqa: N802  (the library finds commands by these names)
        self.is_lmtp = True
        await super().smtp_EHLO(arg)

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Greeted, envelope: Envelope, hostname: str, answers: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*answers[:-1], "250-PIPELINING", "250-ENHANCEDSTATUSCODES", "250 HELP"]

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """The library's own way takes longer than all the rest of a delivery; it is kept for the rare spellings."""
        simple = SIMPLE_PATH.fullmatch(arg or "")
        if simple:
            return simple.group(1) or "<>", simple.group(2)
        found: tuple[str | None, str | None] = super()._getaddr(arg)
        return found

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Greeted, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 At most 1,000 recipients at once; send to the others in another transaction"
        try:
            found = await self._find(address)
        except (Error, OSError):
            log.warning("the directory of inboxes cannot be read: recipients are told to come back")
            return "451 4.3.0 The list of inboxes cannot be read now; try again later"
        if found is None:
            return "550 5.1.1 No inbox here has this address"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def _find(self, address: str) -> int | None:
        """From memory when it is fresh; an unknown address makes the list read anew, outside the event loop."""
        known = directory.known()
        age = self.loop.time() - known.read_at if known.read_at else float("inf")
        found = known.find(address, only_active=True)
        if age < (directory.FRESH_SECONDS if found is not None else directory.AGAIN_SECONDS):
            return found
        fresh = await self.loop.run_in_executor(None, _directory, directory.AGAIN_SECONDS)
        return fresh.find(address, only_active=True)

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        envelope = self.envelope
        if envelope is None or await self.check_helo_needed():
            return
        if arg or not envelope.rcpt_tos:
            await self.push("501 5.5.4 Syntax: DATA" if arg else "503 5.5.1 Error: need RCPT command")
            return
        if self.loop.time() > self.house.room_seen_at + 1:
            self.house.has_room = await self.loop.run_in_executor(None, _has_room)
            self.house.room_seen_at = self.loop.time()
        if not self.house.has_room or self.house.in_hand > MOST_IN_HAND:
            await self.push(BUSY if self.house.has_room else FULL)
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        content, refusal = await self._content()
        answer = refusal or await self._keep(content, envelope)
        self.envelope = self._create_envelope()
        for _ in range(len(envelope.rcpt_tos) if self.is_lmtp else 1):
            self._writer.write(answer.encode("ascii") + b"\r\n")
        await self._writer.drain()

    async def _content(self) -> tuple[bytes, str]:
        """The mail up to the lone dot, and why it is refused, if it is; what is too large is read on but not kept."""
        # A lone dot may come at once: with a line end put in front, one search finds it everywhere.
        self._reader._buffer[:0] = b"\r\n"  # type: ignore[attr-defined]
        pieces: list[bytes] = []
        size, refusal, done = -2, "", False
        try:
            while not done:
                try:
                    piece = await self._reader.readuntil(END)
                    done = True
                except asyncio.LimitOverrunError as error:
                    piece = await self._reader.readexactly(error.consumed)
                size += len(piece)
                if refusal:
                    if size > 8 * settings.MAIL_LIMIT:
                        self.close()
                    continue
                pieces.append(piece)
                self.house.in_hand += len(piece)
                if size > settings.MAIL_LIMIT + len(END):
                    refusal = f"552 5.3.4 The mail is larger than {settings.MAIL_LIMIT} bytes"
                elif self.house.in_hand > 2 * MOST_IN_HAND:
                    refusal = BUSY
                if refusal:
                    self._let_go(pieces)
            return b"".join(pieces)[:-3].replace(b"\r\n.", b"\r\n")[2:], refusal
        finally:
            self._let_go(pieces)

    def _let_go(self, pieces: list[bytes]) -> None:
        self.house.in_hand -= sum(map(len, pieces))
        pieces.clear()

    async def _keep(self, content: bytes, envelope: Envelope) -> str:
        """The answer to the mail: «accepted» only once it is durable."""
        mail_from = envelope.mail_from or ""
        mail = RawMail(
            source=f"lmtp:{secrets.token_hex(16)}",
            content=content,
            mail_from="" if mail_from == "<>" else mail_from,
            recipients=tuple(dict.fromkeys(envelope.rcpt_tos)),
        )
        try:
            await asyncio.wrap_future(self.house.gathering.keep(mail), loop=self.loop)
        except (Error, OSError):
            return FULL
        return "250 2.0.0 Kept"

    async def handle_exception(self, error: Exception) -> str:
        log.error("a delivery stopped at a fault", exc_info=error)
        return BROKEN


def _directory(max_age: float) -> directory.Directory:
    try:
        return directory.current(max_age)
    finally:
        connection.close()  # the executor's thread gives it back


def _has_room() -> bool:
    place = settings.FILES if settings.FILES.exists() else settings.HOME
    return shutil.disk_usage(place).free > FREE_DISK + settings.MAIL_LIMIT


class Refusing(asyncio.Protocol):
    """A connection too many: it is told so and closed."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"421 4.3.2 Too many connections; try again later\r\n")
        transport.close()


def opened(house: House, most: int, make: Callable[[], Session]) -> asyncio.Protocol:
    """The protocol of a new connection."""
    return make() if len(house.connections) < most else Refusing()
