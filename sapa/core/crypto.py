"""Secrets at rest: mailbox passwords and the like are stored encrypted with a key derived from SECRET_KEY."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class CannotDecrypt(Exception):
    """The stored secret was written with another SAPA_SECRET_KEY; it must be entered again."""


def _fernet() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"sapa:" + key.encode()).digest())) for key in keys]
    )


def encrypt(secret: str) -> str:
    """An authenticated, ASCII-only form of `secret`; the empty string stays empty."""
    return _fernet().encrypt(secret.encode()).decode("ascii") if secret else ""


def decrypt(stored: str) -> str:
    """The secret behind `stored`. Raises CannotDecrypt when no known key opens it."""
    if not stored:
        return ""
    try:
        return _fernet().decrypt(stored.encode("ascii")).decode()
    except InvalidToken as error:
        raise CannotDecrypt("The stored secret was written with another secret key; enter it again.") from error
