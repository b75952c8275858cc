"""The only place that writes people, roles, teams and invitations."""

from sapa.accounts.actions._grant import within
from sapa.accounts.actions.invitations import (
    accept_invitation,
    find_invitation,
    invite,
    renew_invitation,
    withdraw_invitation,
)
from sapa.accounts.actions.people import change_user, create_user, deactivate_user, reactivate_user, set_password
from sapa.accounts.actions.profile import change_profile
from sapa.accounts.actions.roles import change_role, create_role, delete_role
from sapa.accounts.actions.teams import change_team, create_team, delete_team

__all__ = [
    "accept_invitation",
    "change_profile",
    "change_role",
    "change_team",
    "change_user",
    "create_role",
    "create_team",
    "create_user",
    "deactivate_user",
    "delete_role",
    "delete_team",
    "find_invitation",
    "invite",
    "reactivate_user",
    "renew_invitation",
    "set_password",
    "withdraw_invitation",
    "within",
]
