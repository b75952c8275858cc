"""How far a person may hand out rights: never beyond their own."""

from django.utils.translation import gettext as _

from sapa.accounts.models import Role, User
from sapa.accounts.permissions import Permission, Scope
from sapa.core.errors import NotAllowed

ADMINISTRATOR = "administrator"
_WIDTH = {Scope.OWN: 0, Scope.TEAM: 1, Scope.ALL: 2}


def within(role: Role, by: User) -> bool:
    """Whether `role` allows nothing that `by` lacks."""
    if by.role.key == ADMINISTRATOR:
        return True
    return (
        role.key != ADMINISTRATOR
        and set(role.permissions) <= set(by.role.permissions)
        and _WIDTH[Scope(role.scope)] <= _WIDTH[Scope(by.role.scope)]
    )


def check_may_manage(by: User | None) -> None:
    """Raises NotAllowed unless `by` manages people (None is the system itself)."""
    if by is not None and not by.may(Permission.PEOPLE):
        raise NotAllowed(_("You may not manage people, teams and roles."))


def check_may_grant(role: Role, by: User | None) -> None:
    """Raises NotAllowed when the role goes beyond what `by` may do."""
    if by is not None and not within(role, by):
        raise NotAllowed(
            _("The role «%(role)s» allows more than your own; ask an administrator.") % {"role": role.name},
            field="role",
        )


def check_may_touch(user: User, by: User | None) -> None:
    """Raises NotAllowed when `user` has rights that `by` lacks: nobody manages somebody above them."""
    check_may_manage(by)
    if by is not None and not within(user.role, by):
        raise NotAllowed(
            _("%(name)s has more rights than you; ask an administrator.") % {"name": user.name}, field="role"
        )
