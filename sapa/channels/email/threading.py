"""Which conversation a mail belongs to: decided from ids and signed tokens alone, never from the subject, never from an empty id."""

import base64
import re
import secrets
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from sapa.channels.email.address import token_of, with_token
from sapa.channels.email.mail import ParsedMail

MAX_IDS = 100  # looked up for one mail
MAX_ID = 998  # characters, the longest line of RFC 5322
BRACKETED = re.compile(r"<([^<>]*)>")
BARE = re.compile(r"[^\s<>@,;\"]+@[^\s<>@,;\"]+")
OWN_LEFT = re.compile(r"[0-9a-f]{11,12}\.[0-9a-f]{20}")
SALT = "sapa.channels.email.reply"
SIGNATURE_BYTES = 10  # 80 bits: 16 letters in the address, out of reach for guessing over SMTP


def message_ids(text: str, *, limit: int = 1_000) -> tuple[str, ...]:
    """The bare ids of a Message-ID, In-Reply-To or References header, each once; spaces inside of folded ids are closed up."""
    found = ["".join(inner.split()) for inner in BRACKETED.findall(text)]
    if not any(found):
        found = BARE.findall(text)
    kept = dict.fromkeys(item for item in found if 0 < len(item) <= MAX_ID)
    return tuple(kept)[:limit]


def new_message_id(domain: str) -> str:
    """A bare Message-ID that sorts by time and cannot be guessed."""
    return f"{time.time_ns() // 1_000_000:011x}.{secrets.token_hex(10)}@{domain}"


def is_own_id(message_id: str, domains: Iterable[str]) -> bool:
    """Whether the id was made by this installation: its right side is one of our domains, and its left has our form."""
    left, at, domain = message_id.rpartition("@")
    return bool(at) and domain.lower() in {item.lower() for item in domains} and bool(OWN_LEFT.fullmatch(left))


def sign(conversation_id: int) -> str:
    """The reply token of a conversation: base 36 number, a dash, signature. Lower case only, since mail servers fold case."""
    number = _base36(conversation_id)
    return f"{number}-{_signature(number, settings.SECRET_KEY)}"


def verify(token: str) -> int | None:
    """The conversation that a token was made for; None for a token that we did not make. Constant time in the signature."""
    number, dash, signature = token.lower().rpartition("-")
    if not dash or not 0 < len(number) <= 13 or not number.isascii() or not number.isalnum():
        return None
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    fits = [constant_time_compare(_signature(number, key), signature) for key in keys]
    if not any(fits):
        return None
    return int(number, 36)


def _signature(number: str, key: str | bytes) -> str:
    digest = salted_hmac(SALT, number, secret=key, algorithm="sha256").digest()
    return base64.b32encode(digest[:SIGNATURE_BYTES]).decode("ascii").lower()


def _base36(number: int) -> str:
    if number <= 0:
        raise ValueError(f"a conversation id is a positive whole number, got {number}")
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits


def reply_address(email: str, conversation_id: int) -> str:
    """The inbox's address with the reply token of the conversation in it."""
    return with_token(email, sign(conversation_id))


class By(StrEnum):
    """What tied a mail to its conversation."""

    BOUNCE = "bounce"
    IN_REPLY_TO = "in_reply_to"
    REFERENCES = "references"
    TOKEN = "token"


@dataclass(frozen=True, slots=True)
class Search:
    """What to look up for a mail, most telling first: outside ids of messages, then conversations named by signed tokens."""

    outside_ids: tuple[tuple[By, str], ...]
    conversation_ids: tuple[int, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """The outside ids alone, for one query."""
        return tuple(outside_id for _, outside_id in self.outside_ids)


@dataclass(frozen=True, slots=True)
class Match:
    """The conversation found, by what, and the outside id that led there (empty for a token)."""

    conversation_id: int
    by: By
    outside_id: str = ""


def search_for(mail: ParsedMail, *, envelope_to: Iterable[str] = ()) -> Search:
    """What to look up: the bounced mail, In-Reply-To, References from the newest, then tokens in the recipients' addresses."""
    wanted: dict[str, By] = {}
    if mail.bounce and mail.bounce.message_id:
        wanted[mail.bounce.message_id] = By.BOUNCE
    for outside_id in mail.in_reply_to:
        wanted.setdefault(outside_id, By.IN_REPLY_TO)
    for outside_id in reversed(mail.references):
        wanted.setdefault(outside_id, By.REFERENCES)
    wanted.pop("", None)
    wanted.pop(mail.message_id, None)  # a mail that claims to answer itself
    recipients = [*envelope_to, *(item.email for item in (*mail.to, *mail.cc, *mail.delivered_to)[:MAX_IDS])]
    tokens = dict.fromkeys(filter(None, map(token_of, recipients)))
    found = dict.fromkeys(number for number in map(verify, list(tokens)[:MAX_IDS]) if number is not None)
    return Search(tuple((by, item) for item, by in list(wanted.items())[:MAX_IDS]), tuple(found))


def decide(search: Search, *, messages: Mapping[str, int], conversations: Collection[int]) -> Match | None:
    """The first hit: `messages` maps known outside ids to conversations, `conversations` holds those that exist."""
    for by, outside_id in search.outside_ids:
        conversation_id = messages.get(outside_id) if outside_id else None
        if conversation_id is not None:
            return Match(conversation_id, by, outside_id)
    for conversation_id in search.conversation_ids:
        if conversation_id in conversations:
            return Match(conversation_id, By.TOKEN)
    return None


def references_for(references: Iterable[str], message_id: str, *, limit: int = 30) -> tuple[str, ...]:
    """References of an answer to `message_id`: the thread's first id and its newest ones, at most `limit`."""
    chain = [item for item in dict.fromkeys(references) if item and item != message_id]
    if message_id:
        chain.append(message_id)
    return tuple(chain if len(chain) <= limit else [chain[0], *chain[-(limit - 1) :]])
