"""The first run: while nobody has an account, one token in SAPA_HOME opens the page that makes the first administrator."""

import hmac
import os
import secrets

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from sapa.accounts.actions import create_user
from sapa.accounts.models import Role, User
from sapa.core.errors import Refused

FILE = "welcome_token"


def is_open() -> bool:
    """Whether nobody has an account yet."""
    return not User.objects.exists()


def link_path() -> str:
    """The path of the first-run page with its token, made when there is none; empty when somebody has an account."""
    if not is_open():
        close()
        return ""
    path = settings.HOME / FILE
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return f"/welcome/?token={_token()}"
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(24))
    return f"/welcome/?token={_token()}"


def fits(token: str) -> bool:
    """Whether this is the token, and the door still open."""
    wanted = _token()
    return bool(wanted) and hmac.compare_digest(wanted.encode(), token.encode()) and is_open()


@transaction.atomic
def create_first_administrator(*, email: str, name: str, password: str) -> User:
    """The first account; of two at once one wins. Raises Refused naming the field."""
    Role.objects.select_for_update(no_key=True).get(key="administrator")
    if not is_open():
        raise Refused(_("Somebody has made the first account already; log in or ask for an invitation."))
    return create_user(email=email, name=name, role="administrator", password=password)


def close() -> None:
    """Forget the token."""
    (settings.HOME / FILE).unlink(missing_ok=True)


def _token() -> str:
    try:
        return str((settings.HOME / FILE).read_text(encoding="ascii")).strip()
    except OSError:
        return ""
