"""Log in where mail comes from or goes to, now, and say in a sentence what came of it."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from imapclient.exceptions import IMAPClientError

from sapa.channels.email.imap.client import Client, connected, select_folder
from sapa.channels.email.models import EmailInbox, Mailbox
from sapa.channels.email.providers import MAIL_PROVIDERS
from sapa.channels.email.transport import Line, server_of
from sapa.core.crypto import CannotDecrypt, decrypt
from sapa.core.errors import Passing, Permanent

SECONDS = 10.0
MOST_FOLDERS = 30


@dataclass(frozen=True)
class Tried:
    """Whether it worked, and the sentence for the person who tried."""

    is_good: bool
    sentence: str


def try_incoming(mailbox: Mailbox) -> Tried:
    """Log in to a mailbox (saved or not) and open its folder; mail stays as it is."""
    try:
        with connected(mailbox, timeout=SECONDS) as client:
            try:
                select_folder(client, mailbox)
            except Permanent as error:
                return Tried(False, f"{error} {_folders(client)}".strip())
            number = int(client.folder_status(mailbox.folder, ["MESSAGES"])[b"MESSAGES"])
    except (Passing, Permanent) as error:
        return Tried(False, str(error))
    return Tried(
        True,
        ngettext(
            "The log-in worked; the folder «%(folder)s» holds %(number)d mail.",
            "The log-in worked; the folder «%(folder)s» holds %(number)d mails.",
            number,
        )
        % {"folder": mailbox.folder, "number": number},
    )


def try_outgoing(email: EmailInbox) -> Tried:
    """Connect and log in to the server that sends for this inbox; nothing is sent."""
    if email.provider:
        provider = MAIL_PROVIDERS[email.provider].name
        return Tried(
            True, _("%(provider)s shows with the first mail whether its key is right.") % {"provider": provider}
        )
    url = email.smtp_url or settings.SMTP_URL
    if not email.smtp_url and not settings.SMTP_URL.hostname:
        return Tried(False, _("Sapa has no outgoing server of its own: set SAPA_SMTP_URL, or enter a server here."))
    try:
        server = server_of(url, user=email.smtp_user, secret=decrypt(email.smtp_secret))
        Line(server).close()
    except CannotDecrypt:
        return Tried(False, _("The stored password cannot be read any more; enter it again."))
    except (Passing, Permanent) as error:
        return Tried(False, str(error))
    if server.user:
        return Tried(True, _("%(server)s accepts the log-in of %(user)s.") % {"server": server, "user": server.user})
    return Tried(True, _("%(server)s answers.") % {"server": server})


def _folders(client: Client) -> str:
    """Which folders there are, for whoever wrote a name that is none."""
    try:
        names = [str(name) for _flags, _mark, name in client.list_folders()][:MOST_FOLDERS]
    except IMAPClientError:
        return ""
    return _("Folders there: %(names)s.") % {"names": ", ".join(names)} if names else ""
