"""What the API answers and accepts."""

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

T = TypeVar("T")
MOST_ID = 2**63 - 1
CURSOR = r"^[0-9]{1,18}$"
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
Status = Literal["open", "pending", "snoozed", "resolved", "closed", "spam"]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200_000, pattern=r"^[^\x00]*\S[^\x00]*$")]
Html = Annotated[str, StringConstraints(max_length=500_000, pattern=r"^[^\x00]*$")]
Line = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]
Address = Annotated[
    str, StringConstraints(min_length=3, max_length=254, pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$")
]


class In(Schema):
    """A request body; unknown fields are refused, so that a misspelt one is not lost in silence."""

    model_config = ConfigDict(extra="forbid")


class PageOut(Schema, Generic[T]):
    """A page: `next` is the cursor of the page after it, null on the last."""

    items: list[T]
    next: str | None


class PageQuery(Schema):
    """Which page: `cursor` is the `next` of the page before."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, StringConstraints(max_length=40, pattern=CURSOR)] | None = None


class ConversationQuery(PageQuery):
    """Filters of the list of conversations."""

    status: Status | None = None
    inbox: Id | None = None
    customer: Id | None = None
    assignee: Id | None = None
    cursor: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,17}\.[0-9]{1,18}$")] | None = None


class CustomerQuery(PageQuery):
    """`email` finds by exact address."""

    email: Annotated[str, StringConstraints(max_length=254)] = ""


class FactQuery(Schema):
    """Where to go on reading the timeline."""

    limit: Annotated[int, Field(ge=1, le=500)] = 100
    cursor: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,18}-[0-9]{1,18}$")] | None = None


class Named(Schema):
    """Somebody or something, by id and name."""

    id: int
    name: str


class ConversationOut(Schema):
    """A conversation in a list."""

    id: int
    number: int
    subject: str
    status: str
    channel: str
    customer: Named
    created_at: datetime


class ConversationWhole(ConversationOut):
    """A conversation by itself."""

    inbox: Named
    priority: int
    holder: str
    assignee: Named | None
    team: Named | None
    tags: list[str]
    fields: dict[str, Any]
    last_message_at: datetime
    waiting_since: datetime | None
    snoozed_until: datetime | None
    resolved_at: datetime | None


class AuthorOut(Schema):
    """Who wrote it; `id` is a user's for agents and a customer's for customers."""

    kind: str
    id: int | None
    name: str


class AttachmentOut(Schema):
    """A file; `url` needs the same token."""

    id: int
    name: str
    content_type: str
    size: int
    inline: bool
    url: str


class MessageOut(Schema):
    """A message; `state` of what came in is `received`."""

    id: int
    direction: str
    text: str
    html: str
    state: str
    author: AuthorOut
    created_at: datetime
    attachments: list[AttachmentOut]


class PersonIn(In):
    """An addressee."""

    address: Address
    name: Line = ""


class ReplyIn(In):
    """An answer to the customer. Without `to` it goes to whom the conversation's channel names."""

    text: Text
    html: Html = ""
    to: Annotated[list[PersonIn], Field(max_length=100)] = []
    cc: Annotated[list[PersonIn], Field(max_length=100)] = []
    bcc: Annotated[list[PersonIn], Field(max_length=100)] = []


class NoteIn(In):
    """An internal note; `@[7]` mentions the user with id 7."""

    text: Text


class CustomerRef(In):
    """A customer by id, or by address (made when unknown)."""

    id: Id | None = None
    email: Address | None = None
    name: Line = ""


class ConversationIn(In):
    """A new conversation. direction `in`: the customer said it (a form, another system); `out`: we write first."""

    inbox: Id
    customer: CustomerRef
    subject: Annotated[
        str,
        StringConstraints(
            min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$"
        ),
    ]
    text: Text
    direction: Literal["in", "out"] = "in"
    outside_id: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x20\x7f]*$")] = ""


class ConversationChange(In):
    """What is given is changed, the rest stays. `assignee`/`team` null: nobody."""

    subject: Line | None = None
    status: Status | None = None
    snoozed_until: datetime | None = None
    priority: Annotated[int, Field(ge=1, le=4)] | None = None
    tags: (
        Annotated[list[Annotated[str, StringConstraints(max_length=60, pattern=r"^[^\x00]*$")]], Field(max_length=30)]
        | None
    ) = None
    assignee: Id | None = None
    team: Id | None = None
    fields: (
        dict[
            Annotated[str, StringConstraints(max_length=40)],
            Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00]*$")],
        ]
        | None
    ) = None


class InboxOut(Schema):
    """An inbox that is open to the caller."""

    id: int
    name: str
    channel: str
    address: str
    is_active: bool


class FactOut(Schema):
    """A fact of the timeline, see docs/timeline.md."""

    id: int
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    conversation_id: int | None
    contact_id: int | None
    customer_id: int | None
    agent_id: int | None
    channel: str
    actor_kind: str
    payload: dict[str, Any]


class IdentityOut(Schema):
    """An address of a customer."""

    kind: str
    address: str


class CustomerOut(Schema):
    """A customer."""

    id: int
    name: str
    company: Named | None
    identities: list[IdentityOut]
    fields: dict[str, Any]
    created_at: datetime


class CustomerIn(In):
    """A new customer with a first address."""

    name: Line
    email: Address


class CustomerChange(In):
    """What is given is changed."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=160, pattern=r"^[^\x00-\x1f\x7f]+$")] | None = None
    note: Annotated[str, StringConstraints(max_length=4000, pattern=r"^[^\x00]*$")] | None = None
