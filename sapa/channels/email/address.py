"""E-mail addresses: reading what people and mailers write, one normal form, and who gets a reply to all."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from sapa.channels.email.headers import decode_words

MAX_ADDRESSES = 2_000  # in one header; more are counted, not kept
MAX_TOKENS = 50_000  # pieces of one header looked at
MAX_NAME = 200
MAX_WORDS = 60  # pieces of one name or comment
LOCAL = re.compile(r"[^\s@<>(),;:\\\"\[\]\x00-\x1f\x7f]{1,64}")
QUOTED_LOCAL = re.compile(r'"(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f]){0,62}"')
DOMAIN = re.compile(
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)*[^\W_](?:[\w-]{0,61}[^\W_])?|\[[0-9a-fA-F.:]{3,60}\]|\[IPv6:[0-9a-fA-F.:]{2,50}\]"
)
# An encoded word is one piece whatever letters it holds: it is decoded only after the address has been taken apart.
WORD = r"=\?[^\s?]{1,60}\?[bBqQ]\?[^?\s]*\?="
TOKEN = re.compile(WORD + r'|"(?:[^"\\]|\\.)*"|<[^<>]*>|[(),;:"<>=]|[^(),;:"<>=]+', re.DOTALL)
UNQUOTED_TOKEN = re.compile(WORD + r"|<[^<>]*>|[(),;:<>=]|[^(),;:<>=]+")
AROUND_DOTS = re.compile(r"\s*([@.])\s*")
QUOTED_NAME = re.compile(r'"(?:[^"\\]|\\.)*"')
ESCAPED = re.compile(r"\\(.)")
SPACES = re.compile(r"[\s\x00-\x1f\x7f]+")
TOKEN_MARK = "+r."


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox and the name beside it. `email` has a lower-case ASCII domain (IDN in its xn-- form) or is empty."""

    email: str
    name: str = ""

    @property
    def key(self) -> str:
        """What two spellings of the same mailbox share; use it to compare and to find identities."""
        return self.email.lower()

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2]

    @property
    def display(self) -> str:
        """The name, or else the address with its domain readable."""
        return self.name or readable(self.email)


NOBODY = Address("")


def normal(text: str) -> str:
    """The normal form of one bare address, or an empty text when it is none."""
    text = text.strip()
    local, at, domain = text.rpartition("@")
    if not at or len(text) > 320 or not (LOCAL.fullmatch(local) or QUOTED_LOCAL.fullmatch(local)):
        return ""
    if QUOTED_LOCAL.fullmatch(local):
        inner = re.sub(r"\\(.)", r"\1", local[1:-1])
        if LOCAL.fullmatch(inner) and not inner.startswith(".") and not inner.endswith(".") and ".." not in inner:
            local = inner  # the quotes were not needed: "dan"@toko.id is dan@toko.id
    domain = _ascii_domain(domain.rstrip("."))
    return f"{local}@{domain}" if domain else ""


def _ascii_domain(domain: str) -> str:
    if len(domain) > 253 or not DOMAIN.fullmatch(domain):
        return ""
    if domain.isascii():
        return domain.lower()
    try:
        encoded = domain.lower().encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    return encoded if DOMAIN.fullmatch(encoded) else ""


def readable(email: str) -> str:
    """The address with an xn-- domain turned back into letters; for showing only."""
    local, at, domain = email.rpartition("@")
    if "xn--" not in domain:
        return email
    try:
        return f"{local}{at}{domain.encode('ascii').decode('idna')}"
    except UnicodeError:
        return email


def parse_addresses(text: str, *, limit: int = MAX_ADDRESSES) -> tuple[Address, ...]:
    """All mailboxes of a header's text: names, comments, groups, missing quotes; broken entries are left out. Linear."""
    found: list[Address] = []
    name: list[str] = []
    comment: list[str] = []
    angle = ""
    depth = 0

    def finish() -> None:
        nonlocal angle
        address = _mailbox("".join(name), angle, "".join(comment)) if name or angle else None
        if address:
            found.append(address)
        name.clear()
        comment.clear()
        angle = ""

    for token in islice(_tokens(text), MAX_TOKENS):
        if depth:
            depth += (token == "(") - (token == ")")
            if depth and len(comment) < MAX_WORDS:
                comment.append(token)
        elif token == "(":
            depth = 1
        elif token == "," and name and not angle and len(name) < MAX_WORDS and not any("@" in word for word in name):
            name.append(token)  # «Budi, Santoso <budi@…>»: a comma that should have been quoted
        elif token in {",", ";"}:
            finish()
            if len(found) >= limit:
                break
        elif token == ":":
            name.clear()  # the name of a group; its members follow
        elif token[0] == "<" and len(token) > 1:
            if angle:
                finish()  # «<a@x> <b@y>»: a comma was forgotten
            angle = token[1:-1]
        elif len(name) < MAX_WORDS:
            name.append(token)
    finish()
    return tuple(found[:limit])


def _tokens(text: str) -> Iterator[str]:
    """Quoted texts, angle brackets, separators and what lies between; a quote that never closes is ordinary text."""
    grammar, at = TOKEN, 0
    while match := grammar.match(text, at):
        if match.group() == '"' and grammar is TOKEN:
            grammar = UNQUOTED_TOKEN  # searching again from each later quote would be quadratic
            continue
        at = match.end()
        yield match.group()


def _mailbox(words: str, angle: str, comment: str) -> Address | None:
    """One entry of the list: with brackets what they hold is the address, else the first word that is one."""
    if angle:
        # «<@relay:dan@toko.id>» is the source route of RFC 822, «<mailto:…>» a habit of some web mailers.
        email = normal(angle) or normal(AROUND_DOTS.sub(r"\1", angle.rpartition(":")[2]))
        return Address(email, _plain_name(words) or _plain_name(comment)) if email else None
    email = normal(words)
    if email:
        return Address(email, _plain_name(comment))
    for word in words.split():
        email = normal(word.strip(",'\"")) if "@" in word else ""
        if email:
            return Address(email, _plain_name(words.replace(word, " ")) or _plain_name(comment))
    return None


def _plain_name(text: str) -> str:
    text = SPACES.sub(" ", text).strip(" ,")
    if QUOTED_NAME.fullmatch(text):
        text = ESCAPED.sub(r"\1", text[1:-1])
    elif text[:1] in {"'", '"'}:
        text = text.strip(" '\"")
    return SPACES.sub(" ", decode_words(text)).strip()[:MAX_NAME]


def format_address(address: Address) -> str:
    """`Name <address>` for a page or a log, one line; headers are written by compose."""
    name = SPACES.sub(" ", address.name).strip()
    return f"{name} <{address.email}>" if name else address.email


def unique(addresses: Iterable[Address], *, without: Iterable[str] = ()) -> tuple[Address, ...]:
    """The usable addresses in their order, each mailbox once, none of `without` (keys or any spelling)."""
    seen = {item.lower() for item in without}
    kept: list[Address] = []
    for address in addresses:
        if address.email and address.key not in seen:
            seen.add(address.key)
            kept.append(address)
    return tuple(kept)


def is_own(address: Address, own: Iterable[str]) -> bool:
    """Whether it is one of the desk's addresses, with or without a +detail behind the local part."""
    bare = {item.lower() for item in own}
    return address.key in bare or without_detail(address.key) in bare


def without_detail(email: str) -> str:
    """`support+anything@toko.id` → `support@toko.id`."""
    local, at, domain = email.rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}" if local[:1] != '"' else email


@dataclass(frozen=True, slots=True)
class ReplyAll:
    """Who gets the answer."""

    to: tuple[Address, ...]
    cc: tuple[Address, ...]


def reply_all(
    *,
    sender: Address,
    reply_to: Iterable[Address] = (),
    to: Iterable[Address] = (),
    cc: Iterable[Address] = (),
    own: Iterable[str],
    limit: int = 100,
) -> ReplyAll:
    """To the customer (Reply-To wins over From), a copy to the others; never to the desk's own addresses. `limit` per field."""
    desk = tuple(own)

    def outsiders(addresses: Iterable[Address]) -> list[Address]:
        return [address for address in addresses if not is_own(address, desk)]

    main = unique(outsiders(reply_to))[:limit] or unique(outsiders([sender]))
    copies = unique(outsiders([*to, *cc]), without=[address.key for address in main])[:limit]
    return ReplyAll(main, copies) if main else ReplyAll(copies[:1], copies[1:])


def with_token(email: str, token: str) -> str:
    """`support@toko.id` → `support+r.TOKEN@toko.id`; unchanged when the local part would pass 64 characters or is quoted."""
    local, at, domain = email.rpartition("@")
    tokened = f"{local}{TOKEN_MARK}{token}"
    return email if not at or local[:1] == '"' or len(tokened) > 64 else f"{tokened}{at}{domain}"


def token_of(email: str) -> str:
    """The token of a tokened address, in lower case, or an empty text."""
    local = email.rpartition("@")[0].lower()
    return local.rpartition(TOKEN_MARK)[2] if TOKEN_MARK in local else ""
