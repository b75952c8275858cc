"""What an answer hangs on: the mail that it answers and the ids of its thread, for many answers in two statements."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from sapa.conversations.models import Message

MOST = 30
RENAMED = re.compile(r"#[0-9a-f]{32}$")

_IDS = """
select a.message, m.id, m.direction, m.outside_id
from unnest(%s::bigint[], %s::bigint[]) as a(message, conversation)
cross join lateral (
  (select id, direction, outside_id from conversations_message
   where conversation_id = a.conversation and id < a.message and direction in ('in', 'out') order by id limit 1)
  union
  (select id, direction, outside_id from conversations_message
   where conversation_id = a.conversation and id < a.message and direction in ('in', 'out') order by id desc limit %s)
) m order by a.message, m.id
"""


@dataclass(frozen=True)
class Thread:
    """`answered`: the newest mail of the customer, if there is one; `ids`: bare Message-IDs, oldest first."""

    answered: Message | None = None
    in_reply_to: str = ""
    ids: tuple[str, ...] = ()


def threads(messages: Sequence[Message]) -> dict[int, Thread]:
    """The thread of each message, by the message's id."""
    with connection.cursor() as cursor:
        cursor.execute(_IDS, ([row.pk for row in messages], [row.conversation_id for row in messages], MOST))
        rows: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
        for message_id, id, direction, outside_id in cursor.fetchall():
            rows[message_id].append((id, direction, _bare(outside_id)))
    newest = {message_id: [row for row in found if row[1] == "in"][-1:] for message_id, found in rows.items()}
    answered = Message.objects.select_related("customer").in_bulk(
        {row[0] for found in newest.values() for row in found}
    )
    threads: dict[int, Thread] = {}
    for message in messages:
        ids = tuple(row[2] for row in rows[message.pk] if row[2])
        last = newest.get(message.pk) or rows[message.pk][-1:]
        parent = answered.get(last[0][0]) if last else None
        threads[message.pk] = Thread(parent, last[0][2] if last else "", ids)
    return threads


def _bare(outside_id: str | None) -> str:
    """The id as it stands in mails; empty for one that we made for a mail without any."""
    if not outside_id or "@" not in outside_id:
        return ""
    return RENAMED.sub("", outside_id)
