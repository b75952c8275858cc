"""Locking a conversation for a change, and the envelope of its facts."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from sapa.accounts.models import User
from sapa.accounts.permissions import Permission
from sapa.conversations.audience import audience, participants_of
from sapa.conversations.models import Conversation
from sapa.core.errors import NotAllowed
from sapa.timeline.record import Envelope


def lock(conversation: Conversation) -> Conversation:
    """The row as it is now, locked until the transaction ends."""
    return Conversation.objects.select_for_update().get(pk=conversation.pk)


def check(by: User | None, permission: Permission) -> None:
    """Refuse what the person's role does not allow; None is the system itself. Raises NotAllowed."""
    if by is not None and not by.may(permission):
        raise NotAllowed(_("Your role does not allow this: %(right)s.") % {"right": permission.label})


def envelope(
    conversation: Conversation,
    *,
    by: User | None = None,
    actor_kind: str = "",
    contact_id: int | None = None,
    participants: Sequence[int] | None = None,
    also: tuple[str, ...] = (),
    at: datetime | None = None,
) -> Envelope:
    """The envelope of a fact about a conversation.

    participants: ids of its followers, asked for when not given. also: topics of who saw it and must hear that it left.
    """
    if participants is None:
        participants = participants_of([conversation.pk])[conversation.pk]
    topics = dict.fromkeys((*audience(conversation, participants=participants), *also))
    return Envelope(
        actor_kind=actor_kind or ("agent" if by else "system"),
        agent_id=by.pk if by else None,
        customer_id=conversation.customer_id,
        conversation_id=conversation.pk,
        contact_id=contact_id,
        channel=conversation.channel,
        audience=tuple(topics),
        occurred_at=at,
    )
