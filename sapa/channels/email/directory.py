"""Which address belongs to which inbox: asked for every recipient, so it is read rarely and kept in memory."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.conf import settings

from sapa.channels.email.address import normal, token_of, without_detail
from sapa.conversations.models import Inbox

FRESH_SECONDS = 2.0
AGAIN_SECONDS = 0.3  # an unknown address makes it read anew, at most this often


@dataclass(frozen=True)
class Directory:
    """The desk's own addresses. `inboxes`: address → inbox; `active`: the inboxes that take mail."""

    inboxes: dict[str, int] = field(default_factory=dict)
    active: frozenset[int] = frozenset()
    read_at: float = 0.0

    @property
    def own(self) -> frozenset[str]:
        """Every address of an e-mail inbox, in lower case."""
        return frozenset(self.inboxes)

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains of the Message-IDs that this installation makes."""
        host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
        return tuple(sorted({host, *(address.rpartition("@")[2] for address in self.inboxes)}))

    def find(self, address: str, *, only_active: bool = False) -> int | None:
        """The inbox of an address, an alias, or one of them with a +detail (a reply token or any other)."""
        plain = normal(address).lower()
        found = self.inboxes.get(plain)
        if found is None and plain:
            found = self.inboxes.get(_without_token(plain)) or self.inboxes.get(without_detail(plain))
        return None if found is None or (only_active and found not in self.active) else found

    def find_all(self, addresses: Iterable[str]) -> list[int]:
        """The inboxes of several addresses, each once, in order."""
        return [id for id in dict.fromkeys(map(self.find, addresses)) if id is not None]


def _without_token(address: str) -> str:
    """`team+sales+r.TOKEN@…` → `team+sales@…`: the inbox's own address may hold a plus."""
    token = token_of(address)
    return address.replace(f"+r.{token}@", "@") if token else address


def read() -> Directory:
    """The directory as the database has it now."""
    rows = Inbox.objects.filter(channel="email").order_by("-is_active", "id")
    inboxes: dict[str, int] = {}
    active = set()
    for id, address, is_active, aliases in rows.values_list("id", "address", "is_active", "email__aliases"):
        active |= {id} if is_active else set()
        for own in [address, *(aliases or ())]:
            plain = normal(str(own)).lower()
            if plain:
                inboxes.setdefault(plain, id)
    return Directory(inboxes, frozenset(active), time.monotonic())


_known = Directory()
_reading = threading.Lock()


def current(max_age: float = FRESH_SECONDS) -> Directory:
    """The directory, at most `max_age` seconds old."""
    global _known  # noqa: PLW0603  (one per process, replaced as a whole)
    if time.monotonic() - _known.read_at > max_age or not _known.read_at:
        with _reading:
            if time.monotonic() - _known.read_at > max_age or not _known.read_at:
                _known = read()
    return _known


def known() -> Directory:
    """What was read last, without asking the database."""
    return _known
