"""Mails that Sapa itself sends (invitations, password resets) leave through the same server as answers."""

import logging
import re
from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from sapa.channels.email.address import normal, parse_addresses
from sapa.channels.email.transport import Lines, server_of
from sapa.core.errors import Passing, Permanent

LINE_END = re.compile(rb"\r?\n")
log = logging.getLogger("sapa.mail")


class SapaBackend(BaseEmailBackend):
    """Without a server, or with one that refuses, the log says so in one sentence and the page goes on."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """How many were handed over."""
        if not settings.SMTP_URL.scheme:
            for message in email_messages:
                log.error("«%s» was not sent: set SAPA_SMTP_URL, such as smtp://127.0.0.1:25", message.subject)
            return 0
        lines = Lines()
        try:
            return sum(self._send(lines, message) for message in email_messages)
        finally:
            lines.close_idle(0.0)

    def _send(self, lines: Lines, message: EmailMessage) -> bool:
        recipients = [address for address in map(_address, message.recipients()) if address]
        if not recipients:
            return False
        try:
            content = LINE_END.sub(b"\r\n", message.message().as_bytes())
            lines.send(server_of(settings.SMTP_URL), _address(message.from_email), recipients, content)
        except (Passing, Permanent) as error:
            log.error("«%s» to %s was not sent: %s", message.subject, ", ".join(recipients[:5]), error)
            return False
        return True


def _address(text: str) -> str:
    found = parse_addresses(text, limit=1)
    return normal(found[0].email) if found else ""
