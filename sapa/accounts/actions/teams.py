"""Teams: people who share work."""

from collections.abc import Collection

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from sapa.accounts.actions._grant import check_may_manage, check_may_touch
from sapa.accounts.audit import audit, differences
from sapa.accounts.changed import access_changed
from sapa.accounts.models import Team, User
from sapa.core.errors import Refused

MOST_MEMBERS = 1000


@transaction.atomic
def create_team(*, name: str, members: Collection[User], by: User) -> Team:
    """Raises NotAllowed, Refused."""
    check_may_manage(by)
    team = Team(name=_name(name))
    _save(team)
    _set_members(team, members, by)
    audit("team.created", actor=by, target=_target(team), changes=_state(team))
    return team


@transaction.atomic
def change_team(team: Team, *, name: str, members: Collection[User], by: User) -> Team:
    """Another name or other members. Raises NotAllowed, Refused."""
    check_may_manage(by)
    team = Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    before = _state(team)
    team.name = _name(name)
    _save(team)
    _set_members(team, members, by)
    if changes := differences(before, _state(team)):
        audit("team.changed", actor=by, target=_target(team), changes=changes)
    return team


@transaction.atomic
def delete_team(team: Team, *, by: User) -> None:
    """Its conversations lose their team; an inbox that is open to it alone keeps it (then this is refused). Raises NotAllowed, Refused."""
    check_may_manage(by)
    team = Team.objects.select_for_update().get(pk=team.pk)
    if team.inboxes.exists():
        raise Refused(_("An inbox is open to this team; change the inbox first."))
    target, state = _target(team), _state(team)
    access_changed(*team.users.values_list("id", flat=True))
    team.delete()
    audit("team.deleted", actor=by, target=target, changes=state)


def _set_members(team: Team, members: Collection[User], by: User) -> None:
    if len(members) > MOST_MEMBERS:
        raise Refused(_("A team has at most 1,000 members."), field="members")
    before = set(team.users.all())
    moved = before ^ set(members)
    for user in moved:
        check_may_touch(user, by)
    team.users.set(members)
    access_changed(*sorted(user.pk for user in moved))


def _save(team: Team) -> None:
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError as error:
        raise Refused(_("There is a team «%(name)s» already.") % {"name": team.name}, field="name") from error


def _name(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not name or len(name) > 80:
        raise Refused(_("A team's name has 1 to 80 characters."), field="name")
    return name


def _state(team: Team) -> dict[str, object]:
    return {"name": team.name, "members": sorted(team.users.values_list("email", flat=True))}


def _target(team: Team) -> str:
    return f"team:{team.pk} {team.name}"
