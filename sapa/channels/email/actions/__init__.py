"""Everything that changes an e-mail inbox and its mailboxes."""

from sapa.channels.email.actions.inbox import InboxChange, change_inbox, create_inbox
from sapa.channels.email.actions.mailbox import (
    MailboxChange,
    MailboxSecret,
    add_mailbox,
    change_mailbox,
    draft_mailbox,
    remove_mailbox,
)
from sapa.channels.email.actions.outgoing import Outgoing, change_outgoing

__all__ = [
    "InboxChange",
    "MailboxChange",
    "MailboxSecret",
    "Outgoing",
    "add_mailbox",
    "change_inbox",
    "change_mailbox",
    "change_outgoing",
    "create_inbox",
    "draft_mailbox",
    "remove_mailbox",
]
