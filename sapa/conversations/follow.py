"""Reactions to facts of conversations: people are notified."""

from collections.abc import Sequence

from sapa.conversations.models import Conversation, Message, Notification
from sapa.timeline.followers import Follower
from sapa.timeline.models import Fact

Kind = Notification.Kind


def _notify(facts: Sequence[Fact]) -> None:
    holders = dict(
        Conversation.objects.filter(pk__in={f.conversation_id for f in facts}, assignee__isnull=False).values_list(
            "pk", "assignee_id"
        )
    )
    wanted = [(fact, user, kind) for fact in facts for user, kind in _told(fact, holders) if user != fact.agent_id]
    messages = set(
        Message.objects.filter(pk__in={_message_id(fact) for fact, _, _ in wanted}).values_list("pk", flat=True)
    )
    Notification.objects.bulk_create(
        (
            Notification(
                user_id=user,
                kind=kind,
                conversation_id=fact.conversation_id or 0,
                message_id=_message_id(fact) if _message_id(fact) in messages else None,
                fact_id=fact.pk,
                created_at=fact.occurred_at,
            )
            for fact, user, kind in wanted
        ),
        ignore_conflicts=True,
    )


def _message_id(fact: Fact) -> int:
    return int(fact.payload.get("message_id") or 0)


def _told(fact: Fact, holders: dict[int, int]) -> Sequence[tuple[int, str]]:
    """Who is told what because of this fact."""
    payload = fact.payload
    holder = holders.get(fact.conversation_id or 0)
    match fact.kind:
        case "message.created":
            told: list[tuple[int, str]] = [(int(user), Kind.MENTIONED) for user in payload.get("mentions") or ()]
            if payload["direction"] == "in" and holder and not payload["automated"]:
                told.append((holder, Kind.REPLIED))
            return told
        case "case.assigned" if payload["to_user"] and payload["to_user"] != payload["from_user"]:
            return [(int(payload["to_user"]), Kind.ASSIGNED)]
        case "message.state_changed" if payload["to_state"] == "failed":
            author = Message.objects.filter(pk=payload["message_id"]).values_list("user_id", flat=True).first()
            return [(author, Kind.FAILED)] if author else []
        case _:
            return []


notify = Follower(
    name="notify", kinds=frozenset({"message.created", "case.assigned", "message.state_changed"}), handle=_notify
)
