"""Writing an answer in two statements: the path that every reply takes, so it is written by hand (see docs/email.md, speed)."""

import json
from dataclasses import dataclass

from django.db import connection

from sapa.conversations.models import Conversation, Message

_CONVERSATION = tuple(field.attname for field in Conversation._meta.concrete_fields)
_LOCK = f"""
select {", ".join(f"c.{connection.ops.quote_name(name)}" for name in _CONVERSATION)},
  (select k.id from conversations_contact k where k.conversation_id = c.id and k.channel = c.channel and k.ended_at is null),
  (select coalesce(array_agg(p.user_id), '{{}}') from conversations_participant p where p.conversation_id = c.id),
  nextval(pg_get_serial_sequence('conversations_message', 'id'))
from conversations_conversation c where c.id = %s for update of c
"""  # noqa: S608  (names of columns)
_MESSAGE = tuple(field.attname for field in Message._meta.concrete_fields)
_WRITE = f"""
with message as (
  insert into conversations_message ({", ".join(_MESSAGE)}) overriding system value values ({", ".join(["%s"] * len(_MESSAGE))})
)
update conversations_conversation set last_message_at = %s, updated_at = %s, last_message_text = %s,
  last_message_direction = %s, waiting_since = %s, assignee_id = %s, holder = %s, status = %s, snoozed_until = %s,
  resolved_at = %s where id = %s
"""  # noqa: S608  (names of columns)
_JSON = frozenset(field.attname for field in Message._meta.concrete_fields if field.get_internal_type() == "JSONField")


@dataclass(frozen=True)
class Place:
    """A locked conversation, its open contact, who follows it, and the id that the new message will have."""

    conversation: Conversation
    contact_id: int | None
    participants: list[int]
    message_id: int


def lock_for_message(conversation: Conversation) -> Place:
    """Lock the conversation and learn all that a new message needs. Raises Conversation.DoesNotExist."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, (conversation.pk,))
        row = cursor.fetchone()
    if row is None:
        raise Conversation.DoesNotExist
    values = [
        json.loads(one) if name == "fields" and isinstance(one, str) else one
        for name, one in zip(_CONVERSATION, row, strict=False)
    ]
    locked = Conversation.from_db("default", list(_CONVERSATION), values)
    contact_id, participants, message_id = row[len(_CONVERSATION) :]
    return Place(locked, contact_id, list(participants), message_id)


def write(message: Message, conversation: Conversation) -> None:
    """Insert the message and save what it changed of its conversation, in one statement."""
    values = [json.dumps(getattr(message, name)) if name in _JSON else getattr(message, name) for name in _MESSAGE]
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            [
                *values,
                conversation.last_message_at,
                conversation.updated_at,
                conversation.last_message_text,
                conversation.last_message_direction,
                conversation.waiting_since,
                conversation.assignee_id,
                str(conversation.holder),
                str(conversation.status),
                conversation.snoozed_until,
                conversation.resolved_at,
                conversation.pk,
            ],
        )
    message._state.adding = False
