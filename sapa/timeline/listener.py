"""Who asks for a live stream, by session cookie or bearer token, and which topics they hear. Everything here blocks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from importlib import import_module

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.db import close_old_connections
from django.utils.crypto import constant_time_compare
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from sapa.accounts.models import User
from sapa.accounts.tokens import TokenScope, authenticate
from sapa.core.errors import NotAllowed


@dataclass(frozen=True)
class Credential:
    """What the request brought: a session key or an API token; never written to a log."""

    session: str = ""
    token: str = ""

    def __repr__(self) -> str:
        return f"Credential({'session' if self.session else 'token'})"


@dataclass(frozen=True)
class Listener:
    """A person and the topics they hear at this moment."""

    user_id: int
    topics: frozenset[str]


def credential_of(headers: Iterable[tuple[bytes, bytes]]) -> Credential | None:
    """The credential among the request's headers; a token goes before a cookie."""
    cookies = []
    for name, value in headers:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            return Credential(token=value[7:].strip().decode("latin-1"))
        if name == b"cookie":  # HTTP/2 may send several
            cookies.append(value.decode("latin-1"))
    try:
        found = SimpleCookie("; ".join(cookies)).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    return Credential(session=found.value) if found and found.value else None


def listener(credential: Credential) -> Listener | None:
    """The person behind a credential, or None when it is not, or no longer, good. Raises NotAllowed: lacks the scope."""
    try:
        user = _by_token(credential.token) if credential.token else _by_session(credential.session)
        if user is None:
            return None
        topics_of: Callable[[User], frozenset[str]] = import_string(settings.LIVE_TOPICS)
        return Listener(user.pk, topics_of(user))
    finally:
        close_old_connections()  # gives the connection back to the pool


def _by_session(key: str) -> User | None:
    """Django's own check without its side effect: it may rename the session, which only a response can tell."""
    session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = User.objects.select_related("role").filter(pk=session.get(SESSION_KEY), is_active=True).first()
    if user is None:
        return None
    given = session.get(HASH_SESSION_KEY, "")
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return user if any(constant_time_compare(given, one) for one in hashes) else None


def _by_token(raw: str) -> User | None:
    token = authenticate(raw)
    if token is not None and TokenScope.FACTS_READ not in token.scopes:
        raise NotAllowed(_("This token lacks the scope «%(scope)s».") % {"scope": TokenScope.FACTS_READ.value})
    return token.user if token else None
