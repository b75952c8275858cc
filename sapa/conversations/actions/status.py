"""Open, pending, snoozed, resolved, closed, spam."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.accounts.models import User
from sapa.accounts.permissions import Permission
from sapa.conversations.actions._lock import check, envelope, lock
from sapa.conversations.facts import ContactEnded, StatusChanged
from sapa.conversations.models import Contact, Conversation
from sapa.core import clock
from sapa.core.errors import Refused
from sapa.timeline.facts import Payload
from sapa.timeline.record import record_many

Status = Conversation.Status
_ENDED = (Status.RESOLVED, Status.CLOSED, Status.SPAM)


@transaction.atomic
def change_status(conversation: Conversation, to: str, *, by: User | None, reason: str = "agent") -> Conversation:
    """Move to another status; `snoozed` has its own verb. Raises NotAllowed, Refused."""
    if to == Status.SNOOZED:
        raise Refused(_("Say until when it is snoozed."), field="status")
    if to not in Status.values:
        raise Refused(_("There is no status «%(status)s».") % {"status": to}, field="status")
    check(by, Permission.CHANGE)
    return _move(lock(conversation), Status(to), by=by, reason=reason)


@transaction.atomic
def snooze(conversation: Conversation, until: datetime, *, by: User) -> Conversation:
    """Out of sight until a moment (aware); an answer of the customer ends it earlier. Raises NotAllowed, Refused."""
    check(by, Permission.CHANGE)
    if until <= clock.now():
        raise Refused(_("Choose a moment in the future."), field="until")
    conversation = lock(conversation)
    conversation.snoozed_until, conversation.snoozed_by = until, by
    conversation.save(update_fields=["snoozed_until", "snoozed_by"])
    return _move(conversation, Status.SNOOZED, by=by, reason="agent")


@transaction.atomic
def wake_snoozed(limit: int = 200) -> int:
    """Reopen what has been snoozed long enough; gives how many (at most `limit`)."""
    due = (
        Conversation.objects.select_for_update(skip_locked=True)
        .filter(status=Status.SNOOZED, snoozed_until__lte=clock.now())
        .order_by("snoozed_until")[:limit]
    )
    woken = [_move(conversation, Status.OPEN, by=None, reason="snooze_over") for conversation in due]
    return len(woken)


def _move(conversation: Conversation, to: Status, *, by: User | None, reason: str) -> Conversation:
    before = conversation.status
    if before == to and to != Status.SNOOZED:
        return conversation
    now = clock.now()
    conversation.status, conversation.updated_at = to, now
    if to != Status.SNOOZED:
        conversation.snoozed_until = conversation.snoozed_by = None
    conversation.resolved_at = (conversation.resolved_at or now) if to in (Status.RESOLVED, Status.CLOSED) else None
    conversation.closed_at = now if to == Status.CLOSED else None
    if to in _ENDED:
        conversation.waiting_since = None
    if to == Status.OPEN and conversation.assignee_id is None:
        conversation.holder = Conversation.Holder.QUEUE
    conversation.save()
    facts: list[Payload] = [StatusChanged(from_status=before, to_status=to, reason=reason)]
    if to in _ENDED and _end_contacts(conversation, now, by):
        facts.append(ContactEnded(ended_by="agent" if by else "system", end_reason=to))
    about = envelope(conversation, by=by)
    record_many([(payload, about) for payload in facts])
    return conversation


def _end_contacts(conversation: Conversation, now: datetime, by: User | None) -> int:
    open_now = Contact.objects.filter(conversation=conversation, ended_at__isnull=True)
    return open_now.update(ended_at=now, ended_by="agent" if by else "system")
