"""Roles: sets of permissions with a scope. The administrator's stays whole; nobody hands out more than they have."""

import secrets
from collections.abc import Collection

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.text import slugify
from django.utils.translation import gettext as _

from sapa.accounts.actions._grant import ADMINISTRATOR, check_may_manage, within
from sapa.accounts.audit import audit, differences
from sapa.accounts.changed import access_changed
from sapa.accounts.models import Invitation, Role, User
from sapa.accounts.permissions import Permission, Scope
from sapa.core.errors import NotAllowed, Refused

MOST_ROLES = 100


@transaction.atomic
def create_role(*, name: str, permissions: Collection[str], scope: str, by: User) -> Role:
    """A role of one's own. Raises NotAllowed, Refused."""
    check_may_manage(by)
    if Role.objects.count() >= MOST_ROLES:
        raise Refused(_("There are 100 roles already; delete one first."))
    name = _name(name)
    role = Role(key=f"{slugify(name)[:30] or 'role'}-{secrets.token_hex(3)}", name=name)
    _fill(role, permissions, scope)
    _check_within(role, by)
    role.save()
    audit("role.created", actor=by, target=_target(role), changes=_state(role))
    return role


@transaction.atomic
def change_role(role: Role, *, name: str, permissions: Collection[str], scope: str, by: User) -> Role:
    """Change what a role allows; everybody who has it works with the new rights at once. Raises NotAllowed, Refused."""
    check_may_manage(by)
    role = Role.objects.select_for_update(no_key=True).get(pk=role.pk)
    if role.key == ADMINISTRATOR:
        raise Refused(_("The administrator's role cannot be changed."))
    _check_within(role, by)
    before = _state(role)
    role.name = _name(name)
    _fill(role, permissions, scope)
    _check_within(role, by)
    if changes := differences(before, _state(role)):
        role.save()
        audit("role.changed", actor=by, target=_target(role), changes=changes)
        access_changed(*role.users.values_list("id", flat=True))
    return role


@transaction.atomic
def delete_role(role: Role, *, by: User) -> None:
    """Delete a role of one's own that nobody has. Raises NotAllowed, Refused."""
    check_may_manage(by)
    role = Role.objects.select_for_update().get(pk=role.pk)
    if role.is_standard:
        raise Refused(_("The roles that Sapa brings cannot be deleted; change what they allow instead."))
    _check_within(role, by)
    if Invitation.objects.filter(role=role, accepted_at__isnull=True).exists():
        raise Refused(_("Somebody is invited with this role; withdraw the invitation first."))
    target, state = _target(role), _state(role)
    try:
        role.delete()
    except ProtectedError as error:
        raise Refused(_("Somebody has this role; give them another one first.")) from error
    audit("role.deleted", actor=by, target=target, changes=state)


def _fill(role: Role, permissions: Collection[str], scope: str) -> None:
    if unknown := set(permissions) - set(Permission.values):
        raise Refused(_("There is no permission «%(name)s».") % {"name": min(unknown)[:60]}, field="permissions")
    if scope not in Scope.values:
        raise Refused(_("Choose how far the role sees."), field="scope")
    role.permissions = [value for value in Permission.values if value in permissions]
    role.scope = scope


def _check_within(role: Role, by: User) -> None:
    if not within(role, by):
        raise NotAllowed(_("You can give only rights that you have yourself."), field="permissions")


def _name(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not name or len(name) > 80:
        raise Refused(_("A role's name has 1 to 80 characters."), field="name")
    return name


def _state(role: Role) -> dict[str, object]:
    return {"name": role.name, "permissions": list(role.permissions), "scope": str(role.scope)}


def _target(role: Role) -> str:
    return f"role:{role.pk} {role.name}"
