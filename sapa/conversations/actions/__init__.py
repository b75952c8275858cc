"""The only place that changes conversations: each verb locks, checks, changes, records facts, and is safe to call twice."""

from sapa.conversations.actions.assign import assign
from sapa.conversations.actions.automatic import answer_automatically
from sapa.conversations.actions.classify import rename, set_field, set_priority, set_tags
from sapa.conversations.actions.deliver import (
    Sent,
    claim,
    keep_claim,
    mark_all_sent,
    mark_delayed,
    mark_failed,
    mark_sent,
    next_due,
    postpone,
    put_back,
)
from sapa.conversations.actions.draft import (
    discard_draft,
    recipients_of,
    save_draft,
    send_draft,
    settle_draft,
    take_back,
)
from sapa.conversations.actions.files import add_file, remove_file, too_large
from sapa.conversations.actions.merge import merge_customers
from sapa.conversations.actions.note import note
from sapa.conversations.actions.receive import Incoming, IncomingFile, Received, customer_at, receive
from sapa.conversations.actions.reply import UNDO_SECONDS, Recipient, Recipients, ReplyFile, reply, withdraw
from sapa.conversations.actions.seen import mark_read, see, set_desktop_notifications, unsee
from sapa.conversations.actions.start import start
from sapa.conversations.actions.status import change_status, snooze, wake_snoozed
from sapa.conversations.actions.tags import delete_tag, merge_tags, rename_tag

__all__ = [
    "UNDO_SECONDS",
    "Incoming",
    "IncomingFile",
    "Received",
    "Recipient",
    "Recipients",
    "ReplyFile",
    "Sent",
    "add_file",
    "answer_automatically",
    "assign",
    "change_status",
    "claim",
    "customer_at",
    "delete_tag",
    "discard_draft",
    "keep_claim",
    "mark_all_sent",
    "mark_delayed",
    "mark_failed",
    "mark_read",
    "mark_sent",
    "merge_customers",
    "merge_tags",
    "next_due",
    "note",
    "postpone",
    "put_back",
    "receive",
    "recipients_of",
    "remove_file",
    "rename",
    "rename_tag",
    "reply",
    "save_draft",
    "see",
    "send_draft",
    "set_desktop_notifications",
    "set_field",
    "set_priority",
    "set_tags",
    "settle_draft",
    "snooze",
    "start",
    "take_back",
    "too_large",
    "unsee",
    "wake_snoozed",
    "withdraw",
]
