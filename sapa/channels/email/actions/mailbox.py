"""Add, change and remove a mailbox: a folder of an IMAP account that is fetched into an inbox."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.accounts.audit import audit, differences
from sapa.accounts.models import User
from sapa.channels.email.actions._allowed import check, target
from sapa.channels.email.models import Mailbox
from sapa.conversations.models import Inbox
from sapa.conversations.models.inbox import Channel
from sapa.core import outside
from sapa.core.crypto import CannotDecrypt, decrypt, encrypt
from sapa.core.errors import Refused
from sapa.core.loop import wake

TOPIC = "mailbox"
MOST_MAILBOXES = 40
HOST = re.compile(r"[0-9a-z_](?:[0-9a-z._:-]{0,251}[0-9a-z])?")
_PLACE = ("host", "port", "user", "folder")
_SHOWN = (*_PLACE, "security", "auth", "client_id", "token_url", "since", "afterwards", "move_to", "is_active")


@dataclass(frozen=True, kw_only=True)
class MailboxSecret:
    """What lets Sapa in; an empty part stays as it is stored."""

    password: str = ""
    client_secret: str = ""
    refresh_token: str = ""


class MailboxChange(TypedDict, total=False):
    """What may be changed; what is left out stays. since: older mail is left alone, None fetches everything."""

    host: str
    port: int
    security: str
    user: str
    auth: str
    client_id: str
    token_url: str
    secret: MailboxSecret
    folder: str
    since: datetime | None
    afterwards: str
    move_to: str
    is_active: bool


@transaction.atomic
def add_mailbox(inbox: Inbox, *, by: User | None, **wanted: Unpack[MailboxChange]) -> Mailbox:
    """Fetch a further folder into an e-mail inbox. Raises NotAllowed, Refused with the field to blame."""
    check(by)
    inbox = Inbox.objects.select_for_update().get(pk=inbox.pk, channel=Channel.EMAIL)
    if inbox.mailboxes.count() >= MOST_MAILBOXES:
        raise Refused(_("An inbox can have at most %(most)d mailboxes.") % {"most": MOST_MAILBOXES})
    mailbox = Mailbox(inbox=inbox)
    _write(mailbox, wanted)
    audit("mailbox.added", actor=by, target=target(inbox), changes=_audited(mailbox))
    return mailbox


@transaction.atomic
def change_mailbox(mailbox: Mailbox, *, by: User | None, **wanted: Unpack[MailboxChange]) -> Mailbox:
    """Change a mailbox; another server, user or folder is fetched from its start. Raises NotAllowed, Refused."""
    check(by)
    mailbox = Mailbox.objects.select_for_update(of=("self",)).select_related("inbox").get(pk=mailbox.pk)
    before = _audited(mailbox)
    _write(mailbox, wanted)
    changes = differences(before, _audited(mailbox))
    if _is_given(wanted.get("secret")):
        changes["secret"] = ["", "changed"]
    if changes:
        audit("mailbox.changed", actor=by, target=target(mailbox.inbox), changes=changes)
    return mailbox


@transaction.atomic
def remove_mailbox(mailbox: Mailbox, *, by: User | None) -> None:
    """Stop fetching it; what was fetched stays. Safe to call twice. Raises NotAllowed."""
    check(by)
    found = Mailbox.objects.select_for_update(of=("self",)).select_related("inbox").filter(pk=mailbox.pk).first()
    if found is None:
        return
    audit("mailbox.removed", actor=by, target=target(found.inbox), changes=_audited(found))
    found.delete()
    wake(TOPIC)


def draft_mailbox(mailbox: Mailbox, wanted: MailboxChange) -> Mailbox:
    """Put checked values on a mailbox without saving it, so that they can be tried first. Raises Refused."""
    before = {field: getattr(mailbox, field) for field in (*_PLACE, "auth", "security", "token_url")}
    for field, value in wanted.items():
        if field != "secret":
            setattr(mailbox, field, value.strip() if isinstance(value, str) else value)
    mailbox.host = mailbox.host.lower().rstrip(".")
    _check(mailbox)
    moved = any(before[field] != getattr(mailbox, field) for field in ("host", "port", "user", "auth", "token_url"))
    weaker = mailbox.security == Mailbox.Security.PLAIN != before["security"]
    mailbox.secret = _secret(mailbox, wanted.get("secret") or MailboxSecret(), keep=not (moved or weaker))
    if any(before[field] != getattr(mailbox, field) for field in _PLACE):
        mailbox.uid_validity, mailbox.last_uid, mailbox.done_uid, mailbox.checked_at = None, 0, 0, None
    return mailbox


def _write(mailbox: Mailbox, wanted: MailboxChange) -> None:
    draft_mailbox(mailbox, wanted)
    twin = Mailbox.objects.filter(**{field: getattr(mailbox, field) for field in _PLACE}).exclude(pk=mailbox.pk)
    if other := twin.select_related("inbox").first():
        raise Refused(
            _("The folder %(folder)s of %(user)s is fetched into the inbox «%(inbox)s» already.")
            % {"folder": mailbox.folder, "user": mailbox.user, "inbox": other.inbox.name},
            field="folder",
        )
    mailbox.revision += 1
    mailbox.error = ""
    mailbox.save()
    wake(TOPIC)


def _check(mailbox: Mailbox) -> None:
    """Refuse what cannot be right, before anybody tries it."""
    if not HOST.fullmatch(mailbox.host):
        raise Refused(_("Enter the name of the mail server, for example imap.example.com."), field="host")
    if not 1 <= mailbox.port <= 65535:
        raise Refused(_("A port is a number from 1 to 65535."), field="port")
    if not mailbox.user or any(ord(letter) < 32 for letter in mailbox.user + mailbox.folder + mailbox.move_to):
        raise Refused(_("Enter the user name with which to log in, most often the whole address."), field="user")
    if not mailbox.folder:
        raise Refused(_("Enter the folder to fetch, most often INBOX."), field="folder")
    if mailbox.afterwards == Mailbox.Afterwards.MOVE and mailbox.move_to in ("", mailbox.folder):
        raise Refused(_("Enter another folder to which fetched mail is moved."), field="move_to")
    if mailbox.auth == Mailbox.Auth.XOAUTH2:
        if mailbox.security == Mailbox.Security.PLAIN:
            raise Refused(_("OAuth needs an encrypted connection; choose TLS or STARTTLS."), field="security")
        if not mailbox.client_id:
            raise Refused(_("Enter the client id of your OAuth app."), field="client_id")
        outside.check(mailbox.token_url, field="token_url")


def _secret(mailbox: Mailbox, given: MailboxSecret, *, keep: bool) -> str:
    """The secret to store. What is stored already is kept only for the same place: it must not go to another server."""
    if mailbox.auth == Mailbox.Auth.PASSWORD:
        if given.password:
            return encrypt(given.password)
        if keep and mailbox.secret:
            return mailbox.secret
        raise Refused(_("Enter the password of this mailbox."), field="password")
    stored = _stored(mailbox) if keep else {}
    refresh_token = given.refresh_token or stored.get("refresh_token", "")
    if not refresh_token:
        raise Refused(_("Enter the refresh token of this mailbox."), field="refresh_token")
    client_secret = given.client_secret or stored.get("client_secret", "")
    return encrypt(json.dumps({"client_secret": client_secret, "refresh_token": refresh_token}))


def _stored(mailbox: Mailbox) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads(decrypt(mailbox.secret) or "{}")
    except CannotDecrypt:
        return {}
    return found


def _is_given(secret: MailboxSecret | None) -> bool:
    return secret is not None and secret != MailboxSecret()


def _audited(mailbox: Mailbox) -> dict[str, object]:
    values = {field: getattr(mailbox, field) for field in _SHOWN}
    return {**values, "since": mailbox.since.isoformat() if mailbox.since else None}
