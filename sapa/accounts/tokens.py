"""API tokens: bearer secrets of a person, limited by scopes; only their hash is kept."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sapa.accounts.models import ApiToken, Role, User
from sapa.accounts.permissions import Permission
from sapa.core import clock
from sapa.core.errors import NotAllowed, Refused

PREFIX = "sapa_"
SEEN_EVERY = timedelta(minutes=1)


class TokenScope(models.TextChoices):
    """What a token may be used for; it never allows more than its owner's role."""

    CONVERSATIONS_READ = "conversations:read", gettext_lazy("Read conversations and messages")
    CONVERSATIONS_WRITE = "conversations:write", gettext_lazy("Create, change and answer conversations")
    CUSTOMERS_READ = "customers:read", gettext_lazy("Read customers")
    CUSTOMERS_WRITE = "customers:write", gettext_lazy("Create and change customers")
    INBOXES_READ = "inboxes:read", gettext_lazy("Read inboxes")
    FACTS_READ = "facts:read", gettext_lazy("Read the timeline and the live stream")


def fingerprint(raw: str) -> str:
    """What is stored of a token. A fast hash is enough: the token itself has 256 random bits."""
    return hashlib.sha256(raw.encode()).hexdigest()


@transaction.atomic
def create_token(
    user: User,
    *,
    name: str,
    scopes: Collection[str] | None = None,
    expires_at: datetime | None = None,
    by: User | None = None,
) -> tuple[ApiToken, str]:
    """A new token and its secret, which is never shown again; no scopes given means all of them.

    by: who asks, None for the command line. Raises NotAllowed, Refused.
    """
    if by is not None and (by != user or not by.may(Permission.TOKEN)):
        raise NotAllowed(_("You may make tokens only for yourself, and only when your role allows it."))
    chosen = sorted(TokenScope.values if scopes is None else set(scopes))
    if unknown := set(chosen) - set(TokenScope.values):
        raise Refused(_("There is no scope «%(scope)s».") % {"scope": min(unknown)}, field="scopes")
    if not chosen:
        raise Refused(_("Choose at least one scope."), field="scopes")
    if not name.strip() or len(name) > 80:
        raise Refused(_("A token has a name of 1 to 80 characters."), field="name")
    if expires_at is not None and expires_at <= clock.now():
        raise Refused(_("Choose a moment in the future."), field="expires_at")
    raw = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user, name=name.strip(), prefix=raw[:12], token_hash=fingerprint(raw), scopes=chosen, expires_at=expires_at
    )
    return token, raw


def authenticate(raw: str) -> ApiToken | None:
    """The token behind a bearer secret, with its user and role; None when unknown, revoked, expired or its owner left."""
    if not raw.startswith(PREFIX) or len(raw) > 100:
        return None
    token = _found(fingerprint(raw))
    now = clock.now()
    if token is None or not token.user.is_active or (token.expires_at and token.expires_at <= now):
        return None
    if token.last_used_at is None or now - token.last_used_at > SEEN_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def _found(token_hash: str) -> ApiToken | None:
    """By hand: every call of the API begins with it, and the ORM takes ten times as long to build the statement."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND, (token_hash,))
        row = cursor.fetchone()
    if row is None:
        return None
    values = iter(row)
    token: ApiToken
    token, user, role = (
        model.from_db("default", names, [next(values) for _name in names]) for model, names in _PARTS.items()
    )
    token.user, user.role = user, role
    return token


_PARTS: "dict[Any, list[str]]" = {
    model: [field.attname for field in model._meta.concrete_fields] for model in (ApiToken, User, Role)
}
_NAMES = ", ".join(f'"{model._meta.db_table}"."{name}"' for model, names in _PARTS.items() for name in names)
_FIND = (
    f"select {_NAMES} from accounts_apitoken join accounts_user on accounts_user.id = accounts_apitoken.user_id"  # noqa: S608
    " join accounts_role on accounts_role.id = accounts_user.role_id"
    " where accounts_apitoken.token_hash = %s and accounts_apitoken.revoked_at is null"
)


@transaction.atomic
def revoke_token(token: ApiToken, *, by: User) -> None:
    """End a token: its owner may, and who manages people. Safe to call twice. Raises NotAllowed."""
    if by.pk != token.user_id and not by.may(Permission.PEOPLE):
        raise NotAllowed(_("You may revoke only your own tokens."))
    ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=clock.now())
