"""Facts about conversations, contacts and messages; the words are those of docs/timeline.md."""

from dataclasses import dataclass

from sapa.timeline.facts import Payload, fact


@fact("case.created")
@dataclass(frozen=True, kw_only=True)
class ConversationCreated(Payload):
    number: int
    inbox_id: int
    priority: int


@fact("case.status_changed")
@dataclass(frozen=True, kw_only=True)
class StatusChanged(Payload):
    """reason: why (`agent`, `customer_reply`, `snooze_over`, `rule`…)."""

    from_status: str
    to_status: str
    reason: str


@fact("case.assigned")
@dataclass(frozen=True, kw_only=True)
class Assigned(Payload):
    from_user: int | None
    to_user: int | None
    from_team: int | None
    to_team: int | None


@fact("case.reclassified")
@dataclass(frozen=True, kw_only=True)
class Reclassified(Payload):
    """field: `priority`, `subject`, `tag`, `inbox` or `field:<key>`; before and after as words or numbers, never free text."""

    field: str
    before: str | int | None = None
    after: str | int | None = None


@fact("contact.started")
@dataclass(frozen=True, kw_only=True)
class ContactStarted(Payload):
    direction: str
    entry: str


@fact("contact.ended")
@dataclass(frozen=True, kw_only=True)
class ContactEnded(Payload):
    ended_by: str
    end_reason: str


@fact("message.created")
@dataclass(frozen=True, kw_only=True)
class MessageCreated(Payload):
    """visibility: `public` or `internal`. automated: written by no human."""

    message_id: int
    direction: str
    author_kind: str
    visibility: str
    automated: bool
    mentions: tuple[int, ...] = ()


@fact("message.state_changed")
@dataclass(frozen=True, kw_only=True)
class MessageStateChanged(Payload):
    message_id: int
    from_state: str
    to_state: str


@fact("message.withdrawn")
@dataclass(frozen=True, kw_only=True)
class MessageWithdrawn(Payload):
    """An answer was taken back before it was sent (undo)."""

    message_id: int
