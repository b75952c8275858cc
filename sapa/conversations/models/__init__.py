"""Inboxes, conversations, contacts, messages and what people keep about them."""

from sapa.conversations.models.conversation import Contact, Conversation, Tag
from sapa.conversations.models.inbox import Inbox
from sapa.conversations.models.message import Attachment, Draft, DraftFile, Message
from sapa.conversations.models.personal import Notification, Participant, Seen

__all__ = [
    "Attachment",
    "Contact",
    "Conversation",
    "Draft",
    "DraftFile",
    "Inbox",
    "Message",
    "Notification",
    "Participant",
    "Seen",
    "Tag",
]
