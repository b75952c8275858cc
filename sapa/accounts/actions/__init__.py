"""The only place that writes people, roles, teams and invitations."""

from sapa.accounts.actions.people import create_user

__all__ = ["create_user"]
