"""To whom an answer goes: everybody who takes part in the mail, never an address of the desk; and reading typed addresses."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sapa.channels.email.address import Address, ReplyAll, is_own, parse_addresses, reply_all, unique
from sapa.conversations.actions import Recipient, Recipients
from sapa.conversations.models import Conversation, Inbox, Message
from sapa.core.errors import Refused, TooMuch

MOST = 100  # addresses in one line
_QUOTED = re.compile(r'"[^"]*"')
_BETWEEN = re.compile(r"[,;\n]")
_PLAIN = re.compile(r"[\w .'’-]*")


@dataclass(frozen=True)
class Lines:
    """The three lines of a composer, as a person reads and edits them."""

    to: str = ""
    cc: str = ""
    bcc: str = ""

    @classmethod
    def of(cls, people: Recipients) -> "Lines":
        to, cc, bcc = (", ".join(map(_written, line)) for line in (people.to, people.cc, people.bcc))
        return cls(to, cc, bcc)


def own_addresses() -> frozenset[str]:
    """Every address of the desk's e-mail inboxes, in lower case."""
    rows = Inbox.objects.filter(channel="email").values_list("address", "email__aliases")
    return frozenset(str(own).lower() for address, aliases in rows for own in (address, *(aliases or ())) if own)


def reply_recipients(conversation: Conversation) -> Recipients:
    """Reply to all: the newest mail decides. After an answer of ours its own recipients stay, else the customer gets it."""
    newest = (
        Message.objects.filter(conversation=conversation, direction__in=("in", "out"), is_automatic=False)
        .exclude(recipients={})
        .order_by("-id")
        .values_list("direction", "recipients")
        .first()
    )
    own = own_addresses()
    if newest is not None:
        direction, lines = newest
        answer = _again(lines, own) if direction == "out" else _answer(lines, own)
        if answer.to:
            return Recipients(to=_people(answer.to), cc=_people(answer.cc))
    identity = conversation.customer.identities.filter(kind="email").order_by("id").first()
    found = [Address(identity.address, conversation.customer.name)] if identity else []
    return Recipients(to=_people(address for address in found if not is_own(address, own)))


def _answer(lines: dict[str, Any], own: Iterable[str]) -> ReplyAll:
    senders = _addresses(lines.get("from"))
    return reply_all(
        sender=senders[0] if senders else Address(""),
        reply_to=_addresses(lines.get("reply_to")),
        to=_addresses(lines.get("to")),
        cc=_addresses(lines.get("cc")),
        own=own,
        limit=MOST,
    )


def _again(lines: dict[str, Any], own: Iterable[str]) -> ReplyAll:
    kept = [[one for one in _addresses(lines.get(line)) if not is_own(one, own)] for line in ("to", "cc")]
    return ReplyAll(unique(kept[0]), unique(kept[1], without=[one.key for one in kept[0]]))


def _addresses(found: object) -> list[Address]:
    people = found if isinstance(found, list) else []
    return [
        Address(str(person.get("address") or ""), str(person.get("name") or ""))
        for person in people
        if isinstance(person, dict)
    ]


def _people(addresses: Iterable[Address]) -> tuple[Recipient, ...]:
    return tuple(Recipient(address.email, address.name) for address in addresses)


def read_lines(to: str, cc: str, bcc: str) -> Recipients:
    """What a person typed. Raises Refused with a sentence that names the address and the line that is wrong."""
    own = own_addresses()
    main = _read(to, "to", own)
    copies = unique(_read(cc, "cc", own), without=[one.key for one in main])
    hidden = unique(_read(bcc, "bcc", own), without=[one.key for one in (*main, *copies)])
    return Recipients(to=_people(main), cc=_people(copies), bcc=_people(hidden))


def _read(text: str, line: str, own: frozenset[str]) -> Sequence[Address]:
    found = unique(parse_addresses(text))
    if len(found) > MOST:
        raise TooMuch(_("A message goes to at most 100 addresses in each line."), field=line)
    for piece in _BETWEEN.split(_QUOTED.sub("", text)):
        if piece.strip() and not parse_addresses(piece):
            raise Refused(_("«%(text)s» is not an e-mail address.") % {"text": piece.strip()[:80]}, field=line)
    for address in found:
        if is_own(address, own):
            sentence = _("%(address)s is an address of this desk; an answer to it would come back in.")
            raise Refused(sentence % {"address": address.email}, field=line)
    return found


def _written(person: Recipient) -> str:
    name = person.name.replace('"', "'").strip()
    if not name or name == person.address:
        return person.address
    return f"{name} <{person.address}>" if _PLAIN.fullmatch(name) else f'"{name}" <{person.address}>'
