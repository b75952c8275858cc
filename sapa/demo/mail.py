"""Customers who write while a newcomer looks: real mail to the LMTP listener, and answers to the answers."""

import asyncio
import email
import random
import smtplib
from email.message import EmailMessage, Message
from email.policy import default
from email.utils import formatdate, make_msgid, parseaddr
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings

from sapa.demo import letters
from sapa.demo.addresses import BILLING, SUPPORT

FIRST_AFTER = 8.0  # seconds: a newcomer shall not wait
BETWEEN = (20.0, 60.0)
ANSWERS_AFTER = (15.0, 40.0)
ANSWERS_SHARE = 0.6
SECONDS = 20.0


def customers_port() -> int:
    """Where the customers' mail server listens: beside the shop's own listener."""
    return int(settings.LMTP_PORT) + 1


class Customers:
    """Everybody outside the shop: one mail server for all of them, which now and then writes back."""

    def __init__(self, *, lmtp: tuple[str, int], port: int, rand: random.Random) -> None:
        self.lmtp, self.port, self.rand = lmtp, port, rand
        self.answers: asyncio.Queue[EmailMessage] = asyncio.Queue(100)
        self.loop: asyncio.AbstractEventLoop | None = None

    async def live(self, stop: asyncio.Event) -> None:
        """Write and answer until `stop`."""
        self.loop = asyncio.get_running_loop()
        server = Controller(self, hostname="127.0.0.1", port=self.port, server_kwargs={"enable_SMTPUTF8": True})
        server.start()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._write(stop))
                tasks.create_task(self._answer(stop))
        finally:
            server.stop()

    async def _write(self, stop: asyncio.Event) -> None:
        pause = FIRST_AFTER
        while not await _stopped(stop, pause):
            await asyncio.to_thread(self._deliver, self._letter())
            pause = self.rand.uniform(*BETWEEN)

    async def _answer(self, stop: asyncio.Event) -> None:
        while not await _stopped(stop, self.rand.uniform(*ANSWERS_AFTER)):
            if not self.answers.empty():
                await asyncio.to_thread(self._deliver, self.answers.get_nowait())

    def _letter(self) -> EmailMessage:
        topic, who = self.rand.choice(letters.TOPICS), letters.person(self.rand)
        order = self.rand.randint(80_000, 99_999)
        to = BILLING if topic.team == "Tagihan" else SUPPORT
        return _mail(
            who.name, who.address, to, letters.fill(topic.subject, who, order), letters.fill(topic.opening, who, order)
        )

    def _deliver(self, mail: EmailMessage) -> None:
        sender, to = parseaddr(str(mail["From"]))[1], parseaddr(str(mail["To"]))[1]
        try:
            with smtplib.LMTP(*self.lmtp, timeout=SECONDS) as lmtp:
                lmtp.send_message(mail, from_addr=sender, to_addrs=[to])
        except (OSError, smtplib.SMTPException) as error:
            # The shop is closed for a moment; this customer gives up, the next one tries again.
            print(f"demo: a mail could not be handed over ({error})", flush=True)  # noqa: T201

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  (its name there)
        """An answer of the shop arrives; some customers write back."""
        content: Any = envelope.content
        received = email.message_from_bytes(content, policy=default)
        if self.loop is not None and self.rand.random() < ANSWERS_SHARE and not received["Auto-Submitted"]:
            self.loop.call_soon_threadsafe(self._remember, self._reply_to(received))
        return "250 Taken"

    def _remember(self, mail: EmailMessage) -> None:
        if not self.answers.full():
            self.answers.put_nowait(mail)

    def _reply_to(self, received: Message) -> EmailMessage:
        name, address = parseaddr(str(received["To"]))
        to = parseaddr(str(received["Reply-To"] or received["From"]))[1]
        text = self.rand.choice(
            ("Baik, terima kasih banyak!", "Oke, saya tunggu kabarnya.", "Terima kasih, sangat membantu.")
        )
        mail = _mail(name or address, address, to, f"Re: {received['Subject'] or ''}", text)
        mail["In-Reply-To"] = str(received["Message-ID"])
        mail["References"] = str(received["Message-ID"])
        return mail


def _mail(name: str, address: str, to: str, subject: str, text: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"{name} <{address}>"
    mail["To"] = to
    mail["Subject"] = " ".join(subject.split())
    mail["Date"] = formatdate(localtime=False)
    mail["Message-ID"] = make_msgid(domain=address.partition("@")[2] or "surel.example")
    mail.set_content(text)
    return mail


async def _stopped(stop: asyncio.Event, seconds: float) -> bool:
    """Wait, at most `seconds`; whether it is time to end."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True
