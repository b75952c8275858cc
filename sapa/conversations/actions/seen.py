"""How far a person has read, and what they were told about."""

from collections.abc import Sequence

from django.db import connection, transaction

from sapa.accounts.models import User
from sapa.conversations.models import Conversation, Message, Notification, Seen
from sapa.core import clock

_SEE = """
insert into conversations_seen (user_id, conversation_id, message_id) values (%s, %s, %s)
on conflict (user_id, conversation_id) do update set message_id = excluded.message_id
where conversations_seen.message_id < excluded.message_id
"""


@transaction.atomic
def see(conversation: Conversation, *, by: User, message_id: int | None = None) -> None:
    """Everything up to `message_id` (else to the newest) is seen, never less than before; what was told is read."""
    newest = Message.objects.filter(conversation=conversation).order_by("-id").values_list("id", flat=True).first()
    if newest is None:
        return
    upto = min(message_id, newest) if message_id else newest
    with connection.cursor() as cursor:
        cursor.execute(_SEE, (by.pk, conversation.pk, upto))
    mark_read(by=by, conversation=conversation)


@transaction.atomic
def unsee(conversation: Conversation, *, by: User) -> None:
    """Mark it unread again: the newest message that somebody else wrote counts as not seen."""
    others = Message.objects.filter(conversation=conversation).exclude(user=by).order_by("-id")
    newest = others.values_list("id", flat=True).first()
    if newest is not None:
        Seen.objects.filter(user=by, conversation=conversation, message_id__gte=newest).update(message_id=newest - 1)


@transaction.atomic
def mark_read(
    *, by: User, conversation: Conversation | None = None, ids: Sequence[int] | None = None, upto: int | None = None
) -> int:
    """Mark a person's own notifications as read: of a conversation, by id, up to an id, or all; gives how many."""
    rows = Notification.objects.filter(user=by, read_at__isnull=True)
    if conversation is not None:
        rows = rows.filter(conversation=conversation)
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    if upto is not None:
        rows = rows.filter(pk__lte=upto)
    return rows.update(read_at=clock.now())


@transaction.atomic
def set_desktop_notifications(*, by: User, on: bool) -> None:
    """Whether this person is also told outside the page."""
    User.objects.filter(pk=by.pk).update(desktop_notifications=on)
