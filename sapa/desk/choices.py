"""What the head of a thread offers: people, teams, statuses, priorities, and whether this person may use them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from sapa.accounts.models import Team, User
from sapa.accounts.permissions import Permission
from sapa.conversations.models import Conversation, Tag
from sapa.core import clock
from sapa.desk import when
from sapa.desk.rows import hue, initials

MOST_PEOPLE = 200
MOST_TAGS = 200
PRIORITY_KINDS: dict[int, str] = {Conversation.Priority.URGENT: "bad", Conversation.Priority.HIGH: "warn"}


@dataclass(frozen=True)
class Choice:
    """One line of a menu."""

    value: str
    label: str
    is_chosen: bool
    icon: str = ""


@dataclass(frozen=True)
class Head:
    """The menus of a thread's head. People, teams and tags are fetched when their menu opens."""

    statuses: Sequence[Choice]
    priorities: Sequence[Choice]
    path: str
    status_kind: str
    priority_kind: str
    snoozed_until: str
    assignee_initials: str
    assignee_hue: str
    may_assign: bool
    may_change: bool


def head(conversation: Conversation, user: User) -> Head:
    """No query."""
    status = conversation.status
    return Head(
        statuses=[
            Choice("open", _("Open"), status == "open", "inbox"),
            Choice("pending", _("Pending: the customer has to answer"), status == "pending", "clock"),
            Choice("resolved", _("Resolved"), status == "resolved", "resolve"),
            Choice("closed", _("Closed: a new mail opens a new conversation"), status == "closed", "lock"),
            Choice("spam", _("Spam"), status == "spam", "spam"),
        ],
        priorities=[Choice(str(value), str(label), conversation.priority == value) for value, label in _priorities()],
        path=f"/conversations/{conversation.pk}",
        status_kind={"resolved": "good", "closed": "good", "snoozed": "info", "spam": "bad"}.get(status, ""),
        priority_kind={Conversation.Priority.URGENT: "bad", Conversation.Priority.HIGH: "warn"}.get(
            Conversation.Priority(conversation.priority), ""
        ),
        snoozed_until=when.until(conversation.snoozed_until, clock.now()) if conversation.snoozed_until else "",
        assignee_initials=initials(str(conversation.assignee)) if conversation.assignee else "",
        assignee_hue=hue(conversation.assignee_id) if conversation.assignee_id else "",
        may_assign=user.may(Permission.ASSIGN),
        may_change=user.may(Permission.CHANGE),
    )


def _priorities() -> list[tuple[int, str]]:
    return [(int(value), str(label)) for value, label in reversed(Conversation.Priority.choices)]


def people(conversation: Conversation) -> tuple[list[User], list[Team]]:
    """Who may get it: the active people who may answer, and all teams; bounded, in two queries."""
    found = User.objects.filter(is_active=True, role__permissions__contains=[Permission.REPLY]).order_by("name")
    return list(found[:MOST_PEOPLE]), list(Team.objects.all()[:MOST_PEOPLE])


def tag_names() -> list[str]:
    """Words already used as tags, for suggestions."""
    return list(Tag.objects.values_list("name", flat=True)[:MOST_TAGS])
