"""What people may see: everything they read starts at `visible_to`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When

from sapa.accounts.models import User
from sapa.accounts.permissions import Permission, Scope
from sapa.conversations.audience import ids_of_inboxes_open_to
from sapa.conversations.models import Conversation, Inbox, Message, Notification, Participant


def visible_to(user: User) -> QuerySet[Conversation]:
    """The conversations this person may see: by permission, by the inboxes open to their teams, by the scope of their role."""
    rows = Conversation.objects.all()
    if not user.may(Permission.READ):
        return rows.none()
    followed = Exists(Participant.objects.filter(conversation=OuterRef("pk"), user=user))
    everything = user.may(Permission.INBOX)  # who manages inboxes may open each of them
    in_inbox = Q() if everything else Q(inbox__in=ids_of_inboxes_open_to(user))
    if user.role.scope == Scope.ALL:
        return rows if everything else rows.filter(in_inbox | followed)
    own = Q(assignee=user) | followed
    if user.role.scope == Scope.OWN:
        return rows.filter(own)
    teams = Q(team__in=user.team_ids()) | Q(team__isnull=True, assignee__isnull=True)
    return rows.filter(own | (in_inbox & teams))


def inboxes_visible_to(user: User) -> list[Inbox]:
    """The inboxes that are open to this person."""
    return list(Inbox.objects.filter(pk__in=ids_of_inboxes_open_to(user))) if user.may(Permission.READ) else []


def messages_visible_to(user: User) -> QuerySet[Message]:
    """The messages of the conversations this person may see."""
    return Message.objects.filter(conversation__in=visible_to(user))


@dataclass(frozen=True)
class Page:
    """One page of a list; `next` is the cursor of the page after it, empty on the last."""

    items: Sequence[Conversation]
    next: str


def page(rows: QuerySet[Conversation], *, cursor: str = "", limit: int = 50) -> Page:
    """A page by keyset (newest activity first), as fast for the hundredth page as for the first. Give `rows` what to select.

    cursor: `<microseconds>.<id>` as given by the page before. Raises ValueError when it is not one.
    """
    from_here = after(rows, cursor) if cursor else rows
    found = list(from_here.order_by("-last_message_at", "-id")[: limit + 1])
    more = len(found) > limit
    return Page(items=found[:limit], next=cursor_of(found[limit - 1]) if more else "")


def cursor_of(conversation: Conversation) -> str:
    """Where a conversation stands in the order of `page`."""
    moment = conversation.last_message_at
    return f"{int(moment.timestamp()) * 1_000_000 + moment.microsecond}.{conversation.pk}"


def after(rows: QuerySet[Conversation], cursor: str) -> QuerySet[Conversation]:
    """The rows behind a cursor. Raises ValueError when it is malformed."""
    moment, _, id = cursor.partition(".")
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(moment))
    return rows.filter(Q(last_message_at__lt=at) | Q(last_message_at=at, id__lt=int(id))).filter(
        last_message_at__lte=at
    )


def bounded_count(rows: QuerySet[Conversation], most: int = 999) -> int:
    """How many there are, counted up to `most` + 1 only, so that a badge costs the same at a million."""
    return rows.order_by().values("pk")[: most + 1].count()


def unread_by(user: User, conversations: Sequence[Conversation]) -> set[int]:
    """Ids of those with a message newer than what this person has seen, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_UNREAD, {"ids": [conversation.pk for conversation in conversations], "user": user.pk})
        return {row[0] for row in cursor.fetchall()}


# Asked for each page of a list, so it is written by hand: building it takes the ORM longer than the database answers.
_UNREAD = """
select c.id from unnest(%(ids)s::bigint[]) as c(id)
left join conversations_seen s on s.conversation_id = c.id and s.user_id = %(user)s
where s.message_id is null or s.message_id < (
  select m.id from conversations_message m where m.conversation_id = c.id and m.user_id is distinct from %(user)s
  order by m.id desc limit 1)
"""


def colleagues_of(user: User, *, starting: str = "", most: int = 8) -> list[User]:
    """Active people with a word of their name (or their address) that begins so, by name; oneself comes last."""
    words = starting.strip()[:60]
    found = User.objects.filter(is_active=True, role__permissions__contains=[Permission.READ])
    if words:
        found = found.filter(Q(name__istartswith=words) | Q(name__icontains=f" {words}") | Q(email__istartswith=words))
    return list(found.order_by(Case(When(pk=user.pk, then=1), default=0), "name", "pk")[:most])


def notifications_of(user: User) -> QuerySet[Notification]:
    """What this person was told, newest first, of conversations that they still may see."""
    rows = Notification.objects.filter(user=user, conversation__in=visible_to(user))
    return rows.select_related("conversation__customer", "message").order_by("-id")


def unread_notifications(user: User, most: int = 99) -> int:
    """How many of them are unread, counted up to `most` + 1."""
    return notifications_of(user).filter(read_at__isnull=True).order_by().values("pk")[: most + 1].count()
