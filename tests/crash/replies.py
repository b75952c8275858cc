"""Beside the crash test: an agent who answers every conversation once, through the action that the pages use."""

import time

import django

django.setup()

from django.db import Error, connection  # noqa: E402  (Django must be set up before its parts are used)

from sapa.accounts.models import Role, User  # noqa: E402
from sapa.channels.models import EmailInbox  # noqa: E402
from sapa.conversations import actions  # noqa: E402
from sapa.conversations.models import Conversation, Inbox  # noqa: E402


def main() -> None:
    """Make the inbox and the agent, then answer for ever; a lost database is waited for."""
    inbox, _ = Inbox.objects.get_or_create(name="Support", channel="email", address="support@shop.example")
    EmailInbox.objects.get_or_create(inbox=inbox)
    role = Role.objects.get(key="administrator")
    agent, _ = User.objects.get_or_create(email="agent@shop.example", defaults={"name": "Agent", "role": role})
    print("ready", flush=True)
    while True:
        try:
            for conversation in Conversation.objects.filter(last_message_direction="in").order_by("id")[:20]:
                actions.reply(conversation, by=agent, text=f"answer {conversation.number}", undo_seconds=0)
        except Error:
            connection.close()
        time.sleep(0.05)


if __name__ == "__main__":
    main()
