"""Give a conversation to a person, a team, or back to nobody."""

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.accounts.models import Team, User
from sapa.accounts.permissions import Permission
from sapa.conversations.actions._lock import check, envelope, lock
from sapa.conversations.audience import audience
from sapa.conversations.facts import Assigned
from sapa.conversations.models import Conversation
from sapa.core import clock
from sapa.core.errors import Refused
from sapa.timeline.record import record


@transaction.atomic
def assign(conversation: Conversation, *, by: User | None, to: User | None, team: Team | None) -> Conversation:
    """Set assignee and team together (give the present one to keep it). Raises NotAllowed, Refused for inactive people."""
    check(by, Permission.ASSIGN)
    if to is not None and not to.is_active:
        raise Refused(_("%(name)s no longer works here; choose somebody else.") % {"name": to}, field="assignee")
    conversation = lock(conversation)
    before = (conversation.assignee_id, conversation.team_id)
    after = (to.pk if to else None, team.pk if team else None)
    if before == after:
        return conversation
    heard_before = audience(conversation)
    conversation.assignee, conversation.team = to, team
    conversation.holder = Conversation.Holder.AGENT if to else Conversation.Holder.QUEUE
    conversation.updated_at = clock.now()
    conversation.save(update_fields=["assignee", "team", "holder", "updated_at"])
    payload = Assigned(from_user=before[0], to_user=after[0], from_team=before[1], to_team=after[1])
    record(payload, envelope(conversation, by=by, also=heard_before))
    return conversation
