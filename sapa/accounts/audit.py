"""The audit log: who changed what, from what to what, when and from which address; append-only in the database."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from sapa.accounts.models import AuditEntry, User

HIDDEN = "•••"
_SECRET_WORDS = ("password", "secret", "token", "smtp_url", "private", "credential")
_address: ContextVar[str | None] = ContextVar("audit_address", default=None)

Changes = Mapping[str, object]


def audit(
    action: str, *, actor: User | None, target: str = "", changes: Changes | None = None, address: str | None = None
) -> AuditEntry:
    """Write one line, inside the caller's transaction.

    action: noun.past_participle (`role.changed`); target: `kind:id name`;
    changes: {field: [before, after]} or {field: value}. The value of a field named for a secret is never kept.
    """
    return AuditEntry.objects.create(
        actor=actor,
        actor_name=str(actor)[:254] if actor else "",
        action=action,
        target=target[:120],
        changes={name: _shown(name, value) for name, value in (changes or {}).items()},
        address=address or _address.get(),
    )


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, list[object]]:
    """{field: [before, after]} of the fields that differ."""
    return {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}


@contextmanager
def coming_from(address: str | None) -> Iterator[None]:
    """Lines written inside carry this network address (the request's, set by the middleware)."""
    token = _address.set(address)
    try:
        yield
    finally:
        _address.reset(token)


def _shown(name: str, value: object) -> object:
    if not any(word in name.lower() for word in _SECRET_WORDS):
        return value
    return [HIDDEN if part else part for part in value] if isinstance(value, list) else HIDDEN
