"""A logged-in connection to an IMAP server, and what went wrong as a sentence for the person who set it up."""

import contextlib
import imaplib
import select
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.utils.translation import gettext as _
from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError, LoginError

from sapa.channels.email.imap import oauth
from sapa.channels.email.models import Mailbox
from sapa.core.crypto import CannotDecrypt, decrypt
from sapa.core.errors import Passing, Permanent
from sapa.core.outside import is_public

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 60.0
# Words with which a server says «not now» rather than «never» (RFC 5530, and what Dovecot and Exchange write).
_LATER = ("unavailable", "inuse", "in use", "limit", "try again", "temporar", "too many", "throttl", "serverbug")


class Client(IMAPClient):  # type: ignore[misc]
    """The library's client, whose `idle_check` also sees the lines that came together with the answer to IDLE."""

    def _poll_socket(self, sock: socket.socket, timeout: float | None = None) -> list[tuple[int, int]]:
        # Such lines lie in the reader's buffer, where poll() does not look. A TLS socket that has none says so by an error.
        with contextlib.suppress(OSError):
            if self._imap.file.peek(1):
                return [(sock.fileno(), select.POLLIN)]
        found: list[tuple[int, int]] = super()._poll_socket(sock, timeout)
        return found


@contextmanager
def connected(mailbox: Mailbox, *, timeout: float = ANSWER_SECONDS) -> Iterator[Client]:
    """A client that is logged in; closed at the end. Raises Passing or Permanent with a whole sentence."""
    with explained(mailbox):
        client = _connect(mailbox, min(timeout, CONNECT_SECONDS), timeout)
        try:
            _log_in(client, mailbox)
            yield client
        finally:
            _close(client)


@contextmanager
def explained(mailbox: Mailbox) -> Iterator[None]:
    """What a connection can raise becomes Passing or Permanent, with a sentence that names the server."""
    place = {"host": mailbox.host, "port": mailbox.port}
    try:
        yield
    except socket.gaierror as error:
        raise Passing(_("The mail server %(host)s could not be found; check its name.") % place) from error
    except ssl.SSLCertVerificationError as error:
        why = {**place, "why": error.verify_message}
        raise Permanent(_("The certificate of %(host)s is not valid for it: %(why)s.") % why) from error
    except ssl.SSLEOFError as error:
        raise Passing(_("%(host)s closed the connection.") % place) from error
    except ssl.SSLError as error:
        raise Passing(
            _("%(host)s does not speak TLS on port %(port)d; check the port and the encryption.") % place
        ) from error
    except TimeoutError as error:
        raise Passing(_("%(host)s did not answer in time.") % place) from error
    except ConnectionRefusedError as error:
        raise Passing(_("%(host)s refused the connection to port %(port)d.") % place) from error
    except (imaplib.IMAP4.abort, OSError) as error:
        why = {**place, "why": _short(error)}
        raise Passing(_("The connection to %(host)s was lost: %(why)s.") % why) from error
    except (IMAPClientError, imaplib.IMAP4.error) as error:
        why = {**place, "why": _short(error)}
        raise Passing(_("%(host)s answered with an error: %(why)s.") % why) from error


def select_folder(client: Client, mailbox: Mailbox) -> tuple[int, int]:
    """Open the folder (read-only when mail is left as it is); its UIDVALIDITY and UIDNEXT. Raises Permanent."""
    try:
        found = client.select_folder(mailbox.folder, readonly=mailbox.afterwards == Mailbox.Afterwards.LEAVE)
    except imaplib.IMAP4.abort:
        raise
    except IMAPClientError as error:
        if _is_passing(error):
            raise
        raise Permanent(
            _("The folder «%(folder)s» cannot be opened: %(why)s.") % {"folder": mailbox.folder, "why": _short(error)}
        ) from error
    validity = int(found[b"UIDVALIDITY"])
    if b"UIDNEXT" in found:
        return validity, int(found[b"UIDNEXT"])
    return validity, max(client.search(["UID", "1:*"]), default=0) + 1


def _connect(mailbox: Mailbox, connect: float, read: float) -> Client:
    context = ssl.create_default_context()
    encrypted = mailbox.security == Mailbox.Security.TLS
    client = Client(
        mailbox.host,
        mailbox.port,
        ssl=encrypted,
        ssl_context=context if encrypted else None,
        timeout=SocketTimeout(connect=connect, read=read),
    )
    client.normalise_times = False
    link: socket.socket = client.socket()
    link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    try:
        if mailbox.security == Mailbox.Security.STARTTLS:
            client.starttls(context)
        elif mailbox.security == Mailbox.Security.PLAIN and is_public(link.getpeername()[0]):
            raise Permanent(
                _("%(host)s is on the internet: a password may go there only encrypted. Choose TLS or STARTTLS.")
                % {"host": mailbox.host}
            )
    except BaseException:
        client.shutdown()
        raise
    return client


def _log_in(client: Client, mailbox: Mailbox) -> None:
    try:
        if mailbox.auth == Mailbox.Auth.XOAUTH2:
            _by_token(client, mailbox)
        else:
            _by_password(client, mailbox.user, decrypt(mailbox.secret))
    except CannotDecrypt as error:
        raise Permanent(_("The stored password cannot be read any more; enter it again.")) from error
    except LoginError as error:
        why = {"host": mailbox.host, "user": mailbox.user, "why": _short(error)}
        if _is_passing(error):
            raise Passing(_("%(host)s lets nobody in just now: %(why)s.") % why) from error
        raise Permanent(_("%(host)s refused the log-in of %(user)s: %(why)s.") % why) from error
    if client.has_capability("ID"):
        # A few servers hand out no folder before they are told who asks.
        with contextlib.suppress(IMAPClientError):
            client.id_({"name": "Sapa"})


def _by_password(client: Client, user: str, password: str) -> None:
    if (user + password).isascii():
        client.login(user, password)
    else:  # LOGIN carries ASCII only
        client.plain_login(user, password)


def _by_token(client: Client, mailbox: Mailbox) -> None:
    log_in: Any = client.oauth2_login
    if not client.has_capability("AUTH=XOAUTH2") and client.has_capability("AUTH=OAUTHBEARER"):
        log_in = client.oauthbearer_login
    try:
        log_in(mailbox.user, oauth.access_token(mailbox))
    except LoginError:
        oauth.forget(mailbox)  # it may have been withdrawn before its time
        log_in(mailbox.user, oauth.access_token(mailbox))


def _close(client: Client) -> None:
    """Say good-bye, but wait for nobody."""
    with contextlib.suppress(OSError, imaplib.IMAP4.error, IMAPClientError):
        client.socket().settimeout(2)
        client.logout()
    with contextlib.suppress(OSError):
        client.shutdown()


def _is_passing(error: Exception) -> bool:
    return any(word in str(error).lower() for word in _LATER)


def _short(error: Exception) -> str:
    """The server's words, in one line, readable."""
    text = str(error.args[0]) if error.args and not isinstance(error, OSError) else str(error)
    return " ".join(text.removeprefix("b'").split()).strip("'\". ")[:300]
