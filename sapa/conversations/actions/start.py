"""The company writes first: a conversation that begins with an outgoing message."""

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.accounts.models import User
from sapa.accounts.permissions import Permission
from sapa.conversations.actions._lock import check, envelope
from sapa.conversations.facts import ConversationCreated
from sapa.conversations.models import Conversation, Inbox
from sapa.core import clock
from sapa.core.errors import Refused
from sapa.customers.models import Customer
from sapa.timeline.record import record


@transaction.atomic
def start(*, inbox: Inbox, customer: Customer, subject: str, by: User) -> Conversation:
    """An empty conversation of this person's, ready for `reply`. Raises NotAllowed, Refused (no subject, no address)."""
    check(by, Permission.REPLY)
    subject = " ".join(subject.split())
    if not subject or len(subject) > 300:
        raise Refused(_("A subject has 1 to 300 characters."), field="subject")
    if not inbox.is_active:
        raise Refused(_("The inbox «%(inbox)s» is switched off.") % {"inbox": inbox}, field="inbox")
    if not customer.identities.filter(kind=inbox.channel).exists():
        raise Refused(_("%(customer)s has no address on this channel.") % {"customer": customer}, field="customer")
    now = clock.now()
    conversation = Conversation.objects.create(
        inbox=inbox,
        channel=inbox.channel,
        customer=customer,
        subject=subject,
        assignee=by,
        holder=Conversation.Holder.AGENT,
        created_at=now,
        updated_at=now,
        last_message_at=now,
    )
    conversation.refresh_from_db(fields=["number"])
    payload = ConversationCreated(number=conversation.number, inbox_id=inbox.pk, priority=conversation.priority)
    record(payload, envelope(conversation, by=by))
    return conversation
