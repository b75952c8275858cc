"""Mail leaves by SMTP: connections are kept open for a while, every refusal is either passing or permanent."""

import re
import smtplib
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from sapa.core.errors import Passing, Permanent

TIMEOUT = 20.0  # seconds for each answer of the server
SLOWEST = 50_000  # bytes per second that a large mail may leave at
IDLE = 30.0  # seconds an unused connection is kept
MOST_MAILS = 100  # over one connection; many servers allow no more
MOST_OPEN = 8  # connections of one thread
GREYLIST_TRIES = 3  # attempts that wait for recipients who are refused for now
PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
DOT = re.compile(rb"(?m)^\.")


class NoAnswer(Passing):
    """The server cannot be reached or breaks off; other mails for it need not be tried now."""


class Unsure(Passing):
    """The connection broke after the whole mail was handed over: the server may have taken it."""


class _Stale(Exception):
    """The connection ended before the mail was handed over; a new one may do."""


@dataclass(frozen=True)
class Server:
    """Where mail goes out, and as whom."""

    scheme: str
    host: str
    port: int
    user: str = ""
    secret: str = ""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def server_of(url: "str | SplitResult", *, user: str = "", secret: str = "") -> Server:
    """The server behind `smtp://`, `smtps://` or `smtp+starttls://user:password@host:port`. Raises Permanent."""
    parts = urlsplit(url) if isinstance(url, str) else url
    if parts.scheme not in PORTS or not parts.hostname:
        raise Permanent(
            _("The outgoing server «%(url)s» is not an address such as smtp://host:25.") % {"url": parts.netloc}
        )
    return Server(
        parts.scheme,
        parts.hostname,
        parts.port or PORTS[parts.scheme],
        user or unquote(parts.username or ""),
        secret or unquote(parts.password or ""),
    )


class Line:
    """One open connection to a server."""

    def __init__(self, server: Server) -> None:
        self.server, self.mails, self.used_at = server, 0, time.monotonic()
        try:
            self._smtp = _connected(server)
        except smtplib.SMTPAuthenticationError as error:
            raise NoAnswer(
                _("%(server)s does not accept the user name or password: %(said)s")
                % {"server": server, "said": _said(error.smtp_code, error.smtp_error)}
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            raise NoAnswer(
                _("%(server)s cannot be reached: %(said)s") % {"server": server, "said": _fault(error)}
            ) from error

    def send(self, sender: str, recipients: Sequence[str], content: bytes, *, attempt: int = 1) -> str:
        """Hand one mail over; gives a sentence about refused recipients, or nothing. Raises Passing, Permanent."""
        self.mails, self.used_at = self.mails + 1, time.monotonic()
        try:
            note = self._envelope(sender, recipients, len(content), attempt)
            self._command("DATA", 354)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self.close()
            raise _Stale(_fault(error)) from error
        self._content(content)
        return note

    def _envelope(self, sender: str, recipients: Sequence[str], size: int, attempt: int) -> str:
        most = self._smtp.esmtp_features.get("size", "")
        if most.isdigit() and 0 < int(most) < size:
            raise Permanent(
                _("%(server)s takes mails of at most %(most)d kB; this one has %(size)d kB.")
                % {"server": self.server, "most": int(most) // 1000, "size": size // 1000}
            )
        self._command(f"MAIL FROM:<{sender}>" + (f" SIZE={size}" if most else ""), 250)
        refused: dict[str, tuple[int, bytes]] = {}
        for recipient in recipients:
            code, answer = self._asked(f"RCPT TO:<{recipient}>")
            if code not in (250, 251):
                refused[recipient] = (code, answer)
        if not refused:
            return ""
        told = "; ".join(f"{recipient}: {_said(*answer)}" for recipient, answer in list(refused.items())[:10])
        sentence = _("%(server)s does not accept %(told)s") % {"server": self.server, "told": told}
        is_passing = any(code < 500 for code, _answer in refused.values())
        if is_passing and (len(refused) == len(recipients) or attempt <= GREYLIST_TRIES):
            self._reset()
            raise Passing(sentence)
        if len(refused) == len(recipients):
            self._reset()
            raise Permanent(sentence)
        return sentence

    def _content(self, content: bytes) -> None:
        sock = self._smtp.sock
        assert sock is not None
        sock.settimeout(TIMEOUT + len(content) / SLOWEST)
        lines = DOT.sub(b"..", content)
        try:
            self._smtp.send(lines if lines.endswith(b"\r\n") else lines + b"\r\n")
            self._smtp.send(b".\r\n")
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self.close()
            raise NoAnswer(
                _("%(server)s broke off while the mail was sent: %(said)s")
                % {"server": self.server, "said": _fault(error)}
            ) from error
        try:
            code, answer = self._smtp.getreply()
            sock.settimeout(TIMEOUT)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self.close()
            raise Unsure(
                _("%(server)s broke off before it said whether it took the mail.") % {"server": self.server}
            ) from error
        self._judge(code, answer, 250)

    def _asked(self, command: str) -> tuple[int, bytes]:
        self._smtp.putcmd(command)
        code, answer = self._smtp.getreply()
        if code == 421:
            raise smtplib.SMTPServerDisconnected(_said(code, answer))
        return code, answer

    def _command(self, command: str, wanted: int) -> None:
        code, answer = self._asked(command)
        if code != wanted:
            self._reset()
        self._judge(code, answer, wanted)

    def _judge(self, code: int, answer: bytes, wanted: int) -> None:
        if code == wanted:
            return
        sentence = _("%(server)s refused the mail: %(said)s") % {"server": self.server, "said": _said(code, answer)}
        raise Permanent(sentence) if code >= 500 else Passing(sentence)

    def _reset(self) -> None:
        """Ready for the next mail; a connection that cannot is closed and replaced when it is needed."""
        try:
            self._smtp.rset()
        except (smtplib.SMTPException, OSError):
            self.close()

    @property
    def is_open(self) -> bool:
        return self._smtp.sock is not None

    def close(self) -> None:
        """Hang up, without waiting for a polite answer."""
        self._smtp.close()


class Lines:
    """The open connections of one thread, at most MOST_OPEN, each given up after IDLE seconds or MOST_MAILS mails."""

    def __init__(self) -> None:
        self._open: dict[Server, Line] = {}

    def send(self, server: Server, sender: str, recipients: Sequence[str], content: bytes, *, attempt: int = 1) -> str:
        """As Line.send, over a connection that is open already if there is one."""
        line = self._kept(server)
        if line is not None:
            try:
                return line.send(sender, recipients, content, attempt=attempt)
            except _Stale:
                self._drop(server)  # closed by the other side while it was idle; nothing was handed over
        line = self._open[server] = Line(server)
        try:
            return line.send(sender, recipients, content, attempt=attempt)
        except _Stale as error:
            self._drop(server)
            raise NoAnswer(_("%(server)s broke off: %(said)s") % {"server": server, "said": error}) from error

    def _kept(self, server: Server) -> Line | None:
        line = self._open.get(server)
        if line is None:
            if len(self._open) >= MOST_OPEN:
                self._drop(min(self._open, key=lambda other: self._open[other].used_at))
            return None
        if not line.is_open or line.mails >= MOST_MAILS or time.monotonic() - line.used_at > IDLE:
            self._drop(server)
            return None
        return line

    def _drop(self, server: Server) -> None:
        line = self._open.pop(server, None)
        if line is not None:
            line.close()

    def close_idle(self, idle: float = IDLE) -> None:
        """Hang up what was not used for `idle` seconds."""
        for server, line in list(self._open.items()):
            if time.monotonic() - line.used_at >= idle:
                self._drop(server)


def _connected(server: Server) -> smtplib.SMTP:
    name = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    if server.scheme == "smtps":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, local_hostname=name, timeout=TIMEOUT, context=ssl.create_default_context()
        )
    else:
        smtp = smtplib.SMTP(server.host, server.port, local_hostname=name, timeout=TIMEOUT)
    try:
        assert smtp.sock is not None
        smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if server.scheme == "smtp+starttls":
            smtp.starttls(context=ssl.create_default_context())
        smtp.ehlo_or_helo_if_needed()
        if server.user:
            smtp.login(server.user, server.secret)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _said(code: int, answer: "bytes | str") -> str:
    words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    return f"{code} {' '.join(words.split())[:300]}"


def _fault(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return _("no answer within %(seconds)d seconds") % {"seconds": TIMEOUT}
    if isinstance(error, smtplib.SMTPResponseException):
        return _said(error.smtp_code, error.smtp_error)
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__)[:300]
