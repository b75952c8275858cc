"""What a piece of mail is once it has been read: typed, frozen, every list bounded; no bytes of the wire past this point."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sapa.channels.email.address import NOBODY, Address


class Unreadable(ValueError):
    """The bytes cannot be read as mail; `reason` is one plain sentence. The mail is kept raw and shown as such."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file; never unpacked. `content_id` is bare (no angle brackets); `inline` files are shown inside the HTML."""

    name: str
    content_type: str
    content: bytes = field(repr=False)
    content_id: str = ""
    inline: bool = False


class AutomaticKind(StrEnum):
    """Why nobody sat at a keyboard."""

    OWN = "own"  # we sent it ourselves and it came back
    BOUNCE = "bounce"
    AUTO_REPLY = "auto_reply"
    GENERATED = "generated"
    LIST = "list"
    BULK = "bulk"


@dataclass(frozen=True, slots=True)
class Automatic:
    """The mail was written by a machine, and the sign that shows it (a plain sentence)."""

    kind: AutomaticKind
    reason: str


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report that a mail of ours did not arrive (yet). Ids are bare; `status` is an RFC 3463 code such as 5.1.1, or empty."""

    message_id: str
    recipient: str
    status: str
    permanent: bool
    reason: str
    delivered: bool = False  # a report of success or relay, not a failure


@dataclass(frozen=True, slots=True)
class Calendar:
    """The first event of a calendar part, enough to show a card; the file itself is among the attachments."""

    method: str
    summary: str
    starts_at: datetime | None
    ends_at: datetime | None
    all_day: bool
    location: str
    organizer: str
    uid: str


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """One mail, read. Ids are bare (no angle brackets); texts hold neither NUL nor lone surrogates; lines end in \\n."""

    message_id: str  # empty when the mail has none
    digest: str  # SHA-256 of the raw bytes, hexadecimal
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    subject: str = ""
    from_: Address = NOBODY  # `email` is empty when the mail names no usable sender
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    delivered_to: tuple[Address, ...] = ()  # Delivered-To, X-Original-To, Envelope-To: a hint, anyone can write them
    date: datetime | None = None
    text: str = ""
    html: str = ""  # as it came: never show it before sapa.core.html.clean
    attachments: tuple[Attachment, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()  # decoded, in their order; names in lower case
    automatic: Automatic | None = None
    bounce: Bounce | None = None
    calendar: Calendar | None = None
    problems: tuple[str, ...] = ()  # what was odd, one plain sentence each

    @property
    def outside_id(self) -> str:
        """What makes taking the mail in safe to repeat: the Message-ID, or the digest when there is none."""
        return self.message_id or f"sha256:{self.digest}"

    def header(self, name: str) -> str:
        """The first header of that name, or an empty text."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key == wanted), "")


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """What `compose` turns into bytes. `text` is always sent; `html` beside it when there is any."""

    message_id: str
    from_: Address
    to: tuple[Address, ...]
    subject: str
    text: str
    date: datetime
    html: str = ""
    cc: tuple[Address, ...] = ()
    reply_to: Address | None = None  # holds the reply token, see threading.reply_address
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    automatic: bool = False  # sent by a rule or the bot: marked so that no machine answers it
    headers: tuple[tuple[str, str], ...] = ()  # further X-… or List-… headers
