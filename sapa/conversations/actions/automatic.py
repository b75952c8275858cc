"""A message that Sapa itself writes to a customer: nobody is assigned by it, the customer still waits."""

from django.db import transaction

from sapa.conversations.actions._lock import envelope, lock
from sapa.conversations.actions.reply import OUTBOX
from sapa.conversations.facts import MessageCreated
from sapa.conversations.models import Conversation, Message
from sapa.core import clock
from sapa.core.loop import wake
from sapa.timeline.record import record


@transaction.atomic
def answer_automatically(conversation: Conversation, *, text: str) -> Message | None:
    """Queue an automatic answer; None when the conversation is spam or closed."""
    conversation = lock(conversation)
    if conversation.status in (Conversation.Status.SPAM, Conversation.Status.CLOSED):
        return None
    now = clock.now()
    contact = conversation.contacts.filter(ended_at__isnull=True, channel=conversation.channel).first()
    message = Message.objects.create(
        conversation=conversation,
        contact=contact,
        inbox_id=conversation.inbox_id,
        direction=Message.Direction.OUT,
        author_kind=Message.Author.AUTOMATION,
        text=text,
        is_automatic=True,
        state=Message.State.QUEUED,
        send_after=now,
        created_at=now,
    )
    conversation.updated_at = now
    conversation.save(update_fields=["updated_at"])
    fact = MessageCreated(
        message_id=message.pk, direction="out", author_kind="automation", visibility="public", automated=True
    )
    record(fact, envelope(conversation, actor_kind="automation", contact_id=contact.pk if contact else None))
    wake(OUTBOX)
    return message
