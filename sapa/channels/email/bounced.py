"""A report of non-delivery is shown on the message that it is about."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from sapa.channels.email.incoming import short_id
from sapa.channels.email.mail import Bounce, ParsedMail
from sapa.channels.email.threading import search_for
from sapa.conversations.actions import mark_delayed, mark_failed
from sapa.conversations.models import Message

SENT = [Message.State.SENT, Message.State.DELIVERED, Message.State.READ, Message.State.FAILED]


def report(bounce: Bounce, mail: ParsedMail, *, envelope_to: Iterable[str] = ()) -> int | None:
    """Tell the agent on the message that failed or is late; gives its conversation, None when no message is known."""
    message = _about(bounce, mail, envelope_to)
    if message is None:
        return None
    whom = {"recipient": bounce.recipient, "reason": bounce.reason}
    if bounce.permanent:
        mark_failed(message, _("%(recipient)s: %(reason)s") % whom if bounce.recipient else bounce.reason)
    else:
        late = _("Not delivered yet to %(recipient)s, the other server goes on trying. %(reason)s") % whom
        mark_delayed(message, late)
    return message.conversation_id


def _about(bounce: Bounce, mail: ParsedMail, envelope_to: Iterable[str]) -> Message | None:
    """By the id of the returned mail, else the newest mail of the conversation to whose token the report came."""
    rows = Message.objects.filter(direction=Message.Direction.OUT).select_related("conversation").order_by("-id")
    if bounce.message_id:
        found = rows.filter(outside_id=short_id(bounce.message_id)).first()
        if found is not None:
            return found
    conversations = search_for(mail, envelope_to=envelope_to).conversation_ids
    return rows.filter(conversation__in=conversations, state__in=SENT).first() if conversations else None
