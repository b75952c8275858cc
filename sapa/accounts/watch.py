"""Log-ins, log-outs, passwords and second factors enter the audit log.

allauth and Django announce these by signals only; this is the one place of Sapa that listens to any.
"""

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.contrib.auth.signals import user_logged_out, user_login_failed

from sapa.accounts.audit import audit
from sapa.accounts.changed import access_changed
from sapa.accounts.models import User


def connect() -> None:
    """Start listening (called once, by the app's `ready`)."""
    account.user_logged_in.connect(_logged_in, dispatch_uid="sapa")
    user_logged_out.connect(_logged_out, dispatch_uid="sapa")
    user_login_failed.connect(_login_failed, dispatch_uid="sapa")
    for signal in (account.password_changed, account.password_set, account.password_reset):
        signal.connect(_password_changed, dispatch_uid="sapa")
    mfa.authenticator_added.connect(_factor_added, dispatch_uid="sapa")
    mfa.authenticator_removed.connect(_factor_removed, dispatch_uid="sapa")
    mfa.authenticator_reset.connect(_factor_reset, dispatch_uid="sapa")
    mfa.authentication_failed.connect(_factor_failed, dispatch_uid="sapa")


def _logged_in(sender: object, request: object, user: User, **rest: object) -> None:
    used = request.session.get("account_authentication_methods", [])  # type: ignore[attr-defined]
    methods = [str(method.get("type") or method.get("method")) for method in used]
    audit("session.started", actor=user, target=_target(user), changes={"methods": methods})


def _logged_out(sender: object, request: object, user: User | None, **rest: object) -> None:
    if user is not None:
        audit("session.ended", actor=user, target=_target(user))
        access_changed(user.pk)


def _login_failed(sender: object, credentials: dict[str, object], **rest: object) -> None:
    tried = str(credentials.get("email") or credentials.get("username") or "")
    # Somebody may have typed the password into the wrong field: only what looks like an address is kept.
    audit("login.failed", actor=None, target=f"user:? {tried[:100]}" if "@" in tried else "user:?")


def _password_changed(sender: object, user: User, **rest: object) -> None:
    audit("password.changed", actor=user, target=_target(user))
    access_changed(user.pk)


def _factor_added(sender: object, user: User, authenticator: object, **rest: object) -> None:
    audit("factor.added", actor=user, target=_target(user), changes=_kind(authenticator))


def _factor_removed(sender: object, user: User, authenticator: object, **rest: object) -> None:
    audit("factor.removed", actor=user, target=_target(user), changes=_kind(authenticator))


def _factor_reset(sender: object, user: User, authenticator: object, **rest: object) -> None:
    audit("factor.reset", actor=user, target=_target(user), changes=_kind(authenticator))


def _factor_failed(sender: object, user: User, authenticator: object, **rest: object) -> None:
    audit("factor.failed", actor=None, target=_target(user), changes=_kind(authenticator))


def _kind(authenticator: object) -> dict[str, object]:
    return {"kind": str(authenticator.type)}  # type: ignore[attr-defined]


def _target(user: User) -> str:
    return f"user:{user.pk} {user.email}"
