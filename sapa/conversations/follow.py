"""Reactions to facts of conversations: people are notified."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence

from sapa.accounts.models import User
from sapa.conversations.models import Conversation, Message, Notification
from sapa.timeline.followers import Follower
from sapa.timeline.models import Fact

Kind = Notification.Kind
# For each conversation the ids of its assignments in order, and whom each gave it to.
Holders = dict[int, tuple[list[int], list[int | None]]]


def _notify(facts: Sequence[Fact]) -> None:
    """One row for each person and fact; a rebuild passes over what has been deleted since."""
    holders, authors = _holders(facts), _authors(facts)
    wanted = [(fact, user, kind) for fact in facts for user, kind in _told(fact, holders, authors)]
    wanted = [(fact, user, kind) for fact, user, kind in wanted if user != fact.agent_id]
    conversations = Conversation.objects.in_bulk({fact.conversation_id or 0 for fact, _, _ in wanted})
    people = set(User.objects.filter(pk__in={user for _, user, _ in wanted}).values_list("pk", flat=True))
    messages = set(
        Message.objects.filter(pk__in={_message_id(fact) for fact, _, _ in wanted}).values_list("pk", flat=True)
    )
    Notification.objects.bulk_create(
        (
            Notification(
                user_id=user,
                kind=kind,
                conversation=conversations[fact.conversation_id or 0],
                message_id=_message_id(fact) if _message_id(fact) in messages else None,
                fact_id=fact.pk,
                created_at=fact.occurred_at,
            )
            for fact, user, kind in wanted
            if user in people and fact.conversation_id in conversations
        ),
        ignore_conflicts=True,
    )


def _message_id(fact: Fact) -> int:
    return int(fact.payload.get("message_id") or 0)


def _holders(facts: Sequence[Fact]) -> Holders:
    """Who held each conversation when: a rebuild must not tell today's holder about yesterday's answers."""
    found: Holders = defaultdict(lambda: ([], []))
    rows = Fact.objects.filter(conversation_id__in={fact.conversation_id for fact in facts}, kind="case.assigned")
    for id, conversation_id, payload in rows.order_by("id").values_list("id", "conversation_id", "payload"):
        ids, people = found[conversation_id or 0]
        ids.append(id)
        people.append(payload.get("to_user"))
    return found


def _holder(fact: Fact, holders: Holders) -> int | None:
    ids, people = holders.get(fact.conversation_id or 0, ([], []))
    before = bisect_left(ids, fact.pk)
    return people[before - 1] if before else None


def _authors(facts: Sequence[Fact]) -> dict[int, int]:
    """Who wrote the messages that failed."""
    failed = {_message_id(fact) for fact in facts if fact.payload.get("to_state") == "failed"}
    rows = Message.objects.filter(pk__in=failed, user__isnull=False).values_list("pk", "user_id")
    return {message: user for message, user in rows if user is not None}


def _told(fact: Fact, holders: Holders, authors: dict[int, int]) -> list[tuple[int, str]]:
    """Who is told what because of this fact."""
    payload = fact.payload
    match fact.kind:
        case "message.created":
            told: list[tuple[int, str]] = [(int(user), Kind.MENTIONED) for user in payload.get("mentions") or ()]
            holder = _holder(fact, holders) if payload["direction"] == "in" and not payload["automated"] else None
            return [*told, (holder, Kind.REPLIED)] if holder else told
        case "case.assigned" if payload["to_user"] and payload["to_user"] != payload["from_user"]:
            return [(int(payload["to_user"]), Kind.ASSIGNED)]
        case "message.state_changed" if payload["to_state"] == "failed" and _message_id(fact) in authors:
            return [(authors[_message_id(fact)], Kind.FAILED)]
        case _:
            return []


notify = Follower(
    name="notify", kinds=frozenset({"message.created", "case.assigned", "message.state_changed"}), handle=_notify
)
