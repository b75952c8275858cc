"""Access tokens for XOAUTH2: a stored refresh token is exchanged for a short-lived access token at the token service."""

import json
import threading
import time
from dataclasses import dataclass

from django.utils.translation import gettext as _

from sapa.channels.email.imap import progress
from sapa.channels.email.models import Mailbox
from sapa.core import outside
from sapa.core.crypto import decrypt
from sapa.core.errors import Passing, Permanent

SPARE_SECONDS = 60.0  # a token is renewed this long before its end


@dataclass(frozen=True)
class _Token:
    value: str
    until: float


_Key = tuple[str, str, str, str]
_known: dict[_Key, _Token] = {}
_lock = threading.Lock()


def access_token(mailbox: Mailbox) -> str:
    """A token that is good for at least a minute. Raises Passing or Permanent with a sentence, CannotDecrypt."""
    with _lock:
        found = _known.get(_key(mailbox))
    if found and found.until > time.monotonic():
        return found.value
    token = _renew(mailbox)
    with _lock:
        _known[_key(mailbox)] = token  # the key of the refresh token that may have come with it
    return token.value


def forget(mailbox: Mailbox) -> None:
    """Ask for a new token next time."""
    with _lock:
        _known.pop(_key(mailbox), None)


def _key(mailbox: Mailbox) -> _Key:
    return (mailbox.token_url, mailbox.client_id, mailbox.user, mailbox.secret)


def _renew(mailbox: Mailbox) -> _Token:
    secret: dict[str, str] = json.loads(decrypt(mailbox.secret) or "{}")
    form = {
        "grant_type": "refresh_token",
        "client_id": mailbox.client_id,
        "refresh_token": secret.get("refresh_token", ""),
    }
    if secret.get("client_secret"):
        form["client_secret"] = secret["client_secret"]
    answer = outside.post_form(mailbox.token_url, form)
    body = _object(answer.body)
    if answer.status >= 500 or answer.status == 429:
        raise Passing(_("The token service answers with error %(status)d.") % {"status": answer.status})
    value = body.get("access_token")
    if answer.status != 200 or not isinstance(value, str) or not value.isascii():
        why = " ".join(str(body.get(word, "")) for word in ("error", "error_description")).strip()[:200]
        raise Permanent(
            _("The token service gave no access token (%(why)s). Log in there again and enter a new refresh token.")
            % {"why": why or answer.status}
        )
    fresh = body.get("refresh_token")
    if isinstance(fresh, str) and fresh and fresh != secret.get("refresh_token"):
        progress.keep_refresh_token(mailbox, fresh)
    lifetime = body.get("expires_in")
    seconds = float(lifetime) if isinstance(lifetime, int | float | str) and str(lifetime).isdigit() else 300.0
    return _Token(value, time.monotonic() + max(0.0, seconds - SPARE_SECONDS))


def _object(body: bytes) -> dict[str, object]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
