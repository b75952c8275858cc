"""Finding conversations by number, subject and customer; each way is an indexed statement."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import QuerySet

from sapa.accounts.models import User
from sapa.conversations.models import Conversation
from sapa.conversations.queries import visible_to
from sapa.customers.models import Customer, Identity
from sapa.desk.queries import listed

MOST = 50
MOST_OF_A_WAY = 200
MOST_MATCHES = 1000
MOST_WORDS = 12


@dataclass(frozen=True)
class Found:
    """Newest first; `is_cut`: there are more than are shown."""

    items: Sequence[Conversation]
    is_cut: bool


def search(user: User, q: str) -> Found:
    """At most MOST conversations that match all the words of `q`; none for an empty one."""
    if not q:
        return Found([], is_cut=False)
    words = _words(q)
    ids = _by_number(user, q) or _by_customer(user, q, words) | (
        _by_subject(user, words) if words is not None else set()
    )
    rows = listed(Conversation.objects.filter(pk__in=ids))
    items = list(rows.order_by("-last_message_at", "-id")[: MOST + 1])
    return Found(items[:MOST], is_cut=len(items) > MOST)


def _by_number(user: User, q: str) -> set[int]:
    number = q.removeprefix("#")
    if not number.isdecimal() or len(number) > 18:
        return set()
    return _ids(visible_to(user).filter(number=int(number)))


def _by_customer(user: User, q: str, words: SearchQuery | None) -> set[int]:
    at = Identity.objects.filter(address__startswith=q.lower())
    customers = set(at.values_list("customer_id", flat=True)[:MOST_OF_A_WAY])
    if words is not None:
        named = Customer.objects.annotate(words=SearchVector("name", config="simple")).filter(words=words)
        customers |= set(named.values_list("pk", flat=True)[:MOST_OF_A_WAY])
    return _ids(visible_to(user).filter(customer__in=customers)) if customers else set()


def _by_subject(user: User, words: SearchQuery) -> set[int]:
    # The newest that match, whoever may see them, and of these what this person may: with both in one statement the
    # database would walk through all conversations in order of time for a rare word.
    matching = Conversation.objects.annotate(words=SearchVector("subject", config="simple")).filter(words=words)
    newest = list(matching.order_by("-id").values_list("pk", flat=True)[:MOST_MATCHES])
    return _ids(visible_to(user).filter(pk__in=newest)) if newest else set()


def _words(q: str) -> SearchQuery | None:
    """All words; the last one may be unfinished, because people see results while they type. None: there is no word."""
    words = "".join(c if c.isalnum() else " " for c in q).split()[:MOST_WORDS]
    if not words:
        return None
    return SearchQuery(" & ".join([*words[:-1], f"{words[-1]}:*"]), search_type="raw", config="simple")


def _ids(rows: QuerySet[Conversation]) -> set[int]:
    return set(rows.order_by("-last_message_at").values_list("pk", flat=True)[:MOST_OF_A_WAY])
