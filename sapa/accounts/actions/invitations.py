"""Invitations: a link for one person, seven days, used once; only the hash of its token is kept."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from sapa.accounts.actions._grant import check_may_grant, check_may_manage
from sapa.accounts.actions.people import create_user, read_email
from sapa.accounts.audit import audit
from sapa.accounts.models import Invitation, Role, Team, User
from sapa.core import clock
from sapa.core.errors import Refused

VALID = timedelta(days=7)
MOST_PENDING = 500


@transaction.atomic
def invite(*, email: str, role: Role, teams: Collection[Team], by: User) -> tuple[Invitation, str]:
    """A pending invitation and its link, which is not kept. Raises NotAllowed, Refused naming the field."""
    check_may_manage(by)
    check_may_grant(role, by)
    email = read_email(email)
    if User.objects.filter(email__iexact=email).exists():
        raise Refused(_("Somebody with the address %(email)s is here already.") % {"email": email}, field="email")
    if Invitation.objects.filter(accepted_at__isnull=True).count() >= MOST_PENDING:
        raise Refused(_("There are 500 open invitations; withdraw some first."))
    token = secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            invitation = Invitation.objects.create(
                email=email, role=role, token_hash=_hash(token), invited_by=by, expires_at=clock.now() + VALID
            )
    except IntegrityError as error:
        raise Refused(
            _("%(email)s is invited already; send that one again.") % {"email": email}, field="email"
        ) from error
    invitation.teams.set(teams)
    audit("invitation.created", actor=by, target=_target(invitation), changes=_state(invitation))
    return invitation, _link(token)


@transaction.atomic
def renew_invitation(invitation: Invitation, *, by: User) -> tuple[Invitation, str]:
    """A new link with seven more days; the old one ends. Raises NotAllowed, Refused when it was accepted."""
    check_may_manage(by)
    invitation = Invitation.objects.select_for_update(of=("self",)).select_related("role").get(pk=invitation.pk)
    check_may_grant(invitation.role, by)
    if invitation.accepted_at:
        raise Refused(_("This invitation was accepted already."))
    token = secrets.token_urlsafe(32)
    invitation.token_hash, invitation.expires_at, invitation.invited_by = _hash(token), clock.now() + VALID, by
    invitation.save()
    audit("invitation.renewed", actor=by, target=_target(invitation))
    return invitation, _link(token)


@transaction.atomic
def withdraw_invitation(invitation: Invitation, *, by: User) -> None:
    """End a pending invitation. Safe to call twice. Raises NotAllowed."""
    check_may_manage(by)
    gone, _rows = Invitation.objects.filter(pk=invitation.pk, accepted_at__isnull=True).delete()
    if gone:
        audit("invitation.withdrawn", actor=by, target=_target(invitation))


def find_invitation(token: str) -> Invitation | None:
    """The invitation that a link opens; None when it is used, over, withdrawn, or from somebody who left."""
    found = Invitation.objects.select_related("role", "invited_by__role").filter(
        token_hash=_hash(token), accepted_at__isnull=True, expires_at__gt=clock.now()
    )
    invitation = found.first()
    if invitation is None or invitation.invited_by is None or not invitation.invited_by.is_active:
        return None
    return invitation


@transaction.atomic
def accept_invitation(token: str, *, name: str, password: str) -> User:
    """Make the account that was promised; of two at once one wins. Raises Refused."""
    over = Refused(_("This invitation is no longer valid; ask for a new one."))
    invitation = find_invitation(token)
    if invitation is None:
        raise over
    claimed = Invitation.objects.filter(pk=invitation.pk, token_hash=_hash(token), accepted_at__isnull=True)
    if claimed.update(accepted_at=clock.now()) != 1:
        raise over
    if not invitation.invited_by or not invitation.invited_by.may("people.manage"):
        raise over
    # By the inviter, so that a role that has grown since is checked against what the inviter may give today.
    user = create_user(
        email=invitation.email, name=name, role=invitation.role, password=password, by=invitation.invited_by
    )
    user.teams.set(invitation.teams.all())
    audit("invitation.accepted", actor=user, target=_target(invitation))
    return user


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _link(token: str) -> str:
    return settings.PUBLIC_URL + reverse("people:accept", args=[token])


def _state(invitation: Invitation) -> dict[str, object]:
    return {"role": invitation.role.key, "teams": sorted(team.name for team in invitation.teams.all())}


def _target(invitation: Invitation) -> str:
    return f"invitation:{invitation.pk} {invitation.email}"
