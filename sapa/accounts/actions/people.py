"""People: made, changed, deactivated; one active administrator always remains."""

from collections.abc import Collection

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from sapa.accounts.actions._grant import (
    ADMINISTRATOR,
    check_may_grant,
    check_may_manage,
    check_may_touch,
)
from sapa.accounts.audit import audit, differences
from sapa.accounts.changed import access_changed
from sapa.accounts.models import ApiToken, Role, Team, User
from sapa.core import clock
from sapa.core.errors import Refused


@transaction.atomic
def create_user(
    *, email: str, name: str, role: Role | str, password: str | None = None, by: User | None = None
) -> User:
    """Make an account; without a password it opens by single sign-on or a password reset only.

    role: a Role or its key. Raises NotAllowed, Refused naming the field (`email`, `name`, `role`, `password`).
    """
    check_may_manage(by)
    user = User(email=read_email(email), name=read_name(name), role=_role(role))
    check_may_grant(user.role, by)
    if password is None:
        user.set_unusable_password()
    else:
        check_password(password, user)
        user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
            # allauth keeps proven addresses in a table of its own; ours are proven by invitation or by who made them.
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    except IntegrityError as error:
        raise Refused(
            _("Somebody with the address %(email)s is here already.") % {"email": user.email}, field="email"
        ) from error
    audit("user.created", actor=by, target=_target(user), changes={"name": user.name, "role": user.role.key})
    return user


@transaction.atomic
def change_user(user: User, *, name: str, role: Role, teams: Collection[Team], by: User) -> User:
    """Another name, role or teams. Raises NotAllowed, Refused for the last administrator."""
    user = _lock(user, by)
    check_may_grant(role, by)
    if user.role.key == ADMINISTRATOR and role.key != ADMINISTRATOR and user.is_active:
        _check_not_last_administrator(user)
    before = _state(user)
    user.name, user.role = read_name(name), role
    user.save(update_fields=["name", "role"])
    user.teams.set(teams)
    if changes := differences(before, _state(user)):
        audit("user.changed", actor=by, target=_target(user), changes=changes)
        access_changed(user.pk)
    return user


@transaction.atomic
def deactivate_user(user: User, *, by: User) -> User:
    """Shut a person out: sessions, tokens and streams end; what they wrote stays. Raises NotAllowed, Refused."""
    user = _lock(user, by)
    if not user.is_active:
        return user
    if user.pk == by.pk:
        raise Refused(_("You cannot deactivate yourself; ask another administrator."))
    if user.role.key == ADMINISTRATOR:
        _check_not_last_administrator(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    _end_sessions(user)  # or they would live again when the person is let in again
    ApiToken.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=clock.now())
    audit("user.deactivated", actor=by, target=_target(user), changes={"is_active": [True, False]})
    access_changed(user.pk)
    return user


@transaction.atomic
def reactivate_user(user: User, *, by: User) -> User:
    """Let a person in again, with the role and teams they had. Raises NotAllowed."""
    user = _lock(user, by)
    if not user.is_active:
        user.is_active = True
        user.save(update_fields=["is_active"])
        audit("user.reactivated", actor=by, target=_target(user), changes={"is_active": [False, True]})
    return user


@transaction.atomic
def set_password(user: User, password: str) -> None:
    """From the command line, for who is locked out: every session ends. Raises Refused with the validators' sentences."""
    check_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    _end_sessions(user)
    audit("password.changed", actor=None, target=_target(user))
    access_changed(user.pk)


def read_email(email: str) -> str:
    """The address in lower case. Raises Refused when it is none."""
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Refused(_("«%(email)s» is not an e-mail address.") % {"email": email[:80]}, field="email") from error
    return email


def read_name(name: str) -> str:
    """The name in one line. Raises Refused when it is empty or over 120 characters."""
    name = " ".join(name.replace("\0", "").split())
    if not name or len(name) > 120:
        raise Refused(_("A name has 1 to 120 characters."), field="name")
    return name


def check_password(password: str, user: User) -> None:
    """Raises Refused with the sentences of the validators."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused(" ".join(error.messages), field="password") from error


def _end_sessions(user: User) -> None:
    for session in UserSession.objects.filter(user=user):
        session.end()


def _lock(user: User, by: User) -> User:
    """The row, locked. Whoever may take an administrator away first locks the administrators' role: one at a time."""
    Role.objects.select_for_update(no_key=True).get(key=ADMINISTRATOR)
    locked = User.objects.select_related("role").select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    check_may_touch(locked, by)
    return locked


def _check_not_last_administrator(user: User) -> None:
    others = User.objects.filter(role__key=ADMINISTRATOR, is_active=True).exclude(pk=user.pk)
    if not others.exists():
        raise Refused(
            _("%(name)s is the last administrator; make another one first.") % {"name": user.name}, field="role"
        )


def _state(user: User) -> dict[str, object]:
    teams = sorted(user.teams.values_list("name", flat=True))
    return {"name": user.name, "role": user.role.key, "teams": teams}


def _target(user: User) -> str:
    return f"user:{user.pk} {user.email}"


def _role(role: Role | str) -> Role:
    if isinstance(role, Role):
        return role
    found = Role.objects.filter(key=role).first()
    if found is None:
        keys = ", ".join(Role.objects.order_by("id").values_list("key", flat=True)[:20])
        sentence = _("There is no role «%(key)s»; there are: %(keys)s.") % {"key": role[:40], "keys": keys}
        raise Refused(sentence, field="role")
    return found
