"""The e-mail channel's sender: from claimed messages to mails at the inbox's server or provider."""

import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from sapa.channels.email import directory, provider
from sapa.channels.email.answer import letter
from sapa.channels.email.compose import compose
from sapa.channels.email.models import EmailInbox
from sapa.channels.email.thread import Thread, threads
from sapa.channels.email.threading import new_message_id
from sapa.channels.email.transport import Lines, NoAnswer, Server, server_of
from sapa.conversations.actions import Sent
from sapa.conversations.models import Message
from sapa.core.crypto import CannotDecrypt, decrypt
from sapa.core.errors import Passing, Permanent

REST = 15.0  # seconds a server that does not answer is left alone by this thread


class Resting(Passing):
    """The server did not answer a moment ago; the message goes back untried."""


def name(message: Message) -> str:
    """A new Message-ID for an outgoing message."""
    domain = message.inbox.address.rpartition("@")[2] or urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    return new_message_id(domain.lower())


def server_for(email: EmailInbox | None) -> Server:
    """Where an inbox's mail goes out. Raises Permanent when nothing is set, Passing when a password is unreadable."""
    if email is not None and email.smtp_url:
        try:
            return server_of(email.smtp_url, user=email.smtp_user, secret=decrypt(email.smtp_secret))
        except CannotDecrypt as error:
            raise Passing(_("The password of the outgoing server must be entered again.")) from error
    if settings.SMTP_URL.scheme:
        return server_of(settings.SMTP_URL)
    raise Permanent(
        _(
            "No outgoing mail server is set: set SAPA_SMTP_URL (such as smtp://127.0.0.1:25), or enter one for this inbox."
        )
    )


class Sender:
    """Sends for one thread; its connections stay open between batches."""

    def __init__(self) -> None:
        self.lines = Lines()
        self._resting: dict[Server, float] = {}
        self._inboxes: dict[int, EmailInbox] = {}
        self._threads: dict[int, Thread] = {}

    def prepare(self, messages: Sequence[Message]) -> None:
        """Read what a batch needs, in a fixed number of statements."""
        self._inboxes = EmailInbox.objects.in_bulk({message.inbox_id for message in messages})
        self._threads = threads(messages)

    def send(self, message: Message) -> Sent:
        """Send one message of the batch. Raises Passing, Permanent."""
        email = self._inboxes.get(message.inbox_id)
        thread = self._threads.get(message.pk) or Thread()
        ready = letter(message, email=email, thread=thread, own=directory.current().own)
        if email is not None and email.provider:
            provider.send(email, ready.mail, bcc=[item.email for item in ready.bcc])
            return Sent(message, recipients=ready.to_json())
        server = server_for(email)
        if self._resting.get(server, 0.0) > time.monotonic():
            raise Resting(str(server))
        try:
            note = self.lines.send(
                server, ready.sender, ready.recipients, compose(ready.mail), attempt=message.attempts
            )
        except NoAnswer:
            self._resting = {other: until for other, until in self._resting.items() if until > time.monotonic()}
            self._resting[server] = time.monotonic() + REST
            raise
        return Sent(message, note=note, recipients=ready.to_json())

    def idle(self) -> None:
        """Nothing is waiting: hang up what was not used for a while."""
        self.lines.close_idle()

    def close(self) -> None:
        self.lines.close_idle(0.0)
