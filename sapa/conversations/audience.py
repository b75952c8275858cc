"""Who hears of a fact on the live stream: topics, matching what `visible_to` lets people see."""

from collections import defaultdict
from collections.abc import Iterable

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from sapa.accounts.models import User
from sapa.conversations.models import Conversation, Inbox, Participant


def audience(conversation: Conversation, *, participants: Iterable[int] = ()) -> tuple[str, ...]:
    """Topics of one conversation.

    `inbox:I` is heard by those who see all of inbox I, `free:I` by those who see its unassigned conversations,
    `team:T` by the members of team T, `user:U` by that person.
    """
    topics = [f"inbox:{conversation.inbox_id}"]
    if conversation.team_id:
        topics.append(f"team:{conversation.team_id}")
    elif conversation.assignee_id is None:
        topics.append(f"free:{conversation.inbox_id}")
    people = {*participants, *([conversation.assignee_id] if conversation.assignee_id else [])}
    return (*topics, *(f"user:{id}" for id in sorted(people)))


def participants_of(conversation_ids: Iterable[int]) -> dict[int, list[int]]:
    """Ids of the people who follow each conversation, in one query."""
    found: dict[int, list[int]] = defaultdict(list)
    rows = Participant.objects.filter(conversation_id__in=list(conversation_ids)).values_list(
        "conversation_id", "user_id"
    )
    for conversation_id, user_id in rows:
        found[conversation_id].append(user_id)
    return found


def topics_of(user: User) -> frozenset[str]:
    """The topics that a person hears. A change of role or team closes the person's streams, so this is asked anew."""
    topics = {f"user:{user.pk}", "all"}
    if not user.may("conversation.read"):
        return frozenset(topics)
    open_to = [inbox.pk for inbox in inboxes_open_to(user)]
    if user.role.scope == "all":
        topics |= {f"inbox:{id}" for id in open_to}
    elif user.role.scope == "team":
        topics |= {f"free:{id}" for id in open_to} | {f"team:{id}" for id in user.team_ids()}
    return frozenset(topics)


def ids_of_inboxes_open_to(user: User) -> list[int]:
    """The ids of `inboxes_open_to`, read once per instance (of a request), by hand: almost every page begins with them."""
    if "_open_inboxes" not in user.__dict__:
        with connection.cursor() as cursor:
            cursor.execute(_OPEN, {"all": user.may("inbox.manage"), "user": user.pk})
            user.__dict__["_open_inboxes"] = [row[0] for row in cursor.fetchall()]
    found: list[int] = user.__dict__["_open_inboxes"]
    return found


_OPEN = """
select i.id from conversations_inbox i
where %(all)s or not exists (select 1 from conversations_inbox_teams d where d.inbox_id = i.id)
  or exists (select 1 from conversations_inbox_teams d join accounts_user_teams m on m.team_id = d.team_id
             where d.inbox_id = i.id and m.user_id = %(user)s)
"""


def inboxes_open_to(user: User) -> QuerySet[Inbox]:
    """Inboxes without teams are open to everybody, the others to members of their teams (and to who manages inboxes)."""
    if user.may("inbox.manage"):
        return Inbox.objects.all()
    doors = Inbox.teams.through.objects.filter(inbox=OuterRef("pk"))
    return Inbox.objects.filter(~Exists(doors) | Exists(doors.filter(team__in=user.team_ids())))
