"""Reactions to facts: a new conversation gets the inbox's automatic answer, where that is wanted and harmless."""

from collections.abc import Sequence
from datetime import timedelta

from sapa.channels.email import directory
from sapa.channels.email.automatic import may_be_answered
from sapa.channels.email.incoming import RAW
from sapa.channels.email.intake import content_of
from sapa.channels.email.mail import Unreadable
from sapa.channels.email.models import AutoReply, EmailInbox, IncomingMail
from sapa.channels.email.parse import parse
from sapa.conversations.actions import answer_automatically
from sapa.conversations.models import Conversation, Message
from sapa.core import clock
from sapa.timeline.followers import Follower
from sapa.timeline.models import Fact

YOUNG = timedelta(hours=1)  # older conversations get none, so that a rebuild or a long pause answers nobody late
MOST_PER_HOUR = 3  # automatic answers to one address
HEAD = 200_000  # bytes of the mail that are read again: its headers decide


def _auto_reply(facts: Sequence[Fact]) -> None:
    now = clock.now()
    wanted = {
        email.inbox_id: email.auto_reply_text.strip()
        for email in EmailInbox.objects.filter(auto_reply=True, inbox__is_active=True).exclude(auto_reply_text="")
    }
    young = {fact.conversation_id for fact in facts if fact.conversation_id and fact.occurred_at > now - YOUNG}
    if not wanted or not young:
        return
    answered = set(AutoReply.objects.filter(conversation__in=young).values_list("conversation_id", flat=True))
    rows = Conversation.objects.filter(pk__in=young, inbox__in=wanted).exclude(pk__in=answered).order_by("pk")
    for conversation in rows:
        address = _answerable(conversation)
        recent = AutoReply.objects.filter(address=address, created_at__gt=now - timedelta(hours=1))
        if address and recent.count() >= MOST_PER_HOUR:
            address = ""
        # Kept for those that get none too: a rebuild must not decide otherwise.
        AutoReply.objects.create(conversation=conversation, address=address, created_at=now)
        if address:
            answer_automatically(conversation, text=wanted[conversation.inbox_id])


def _answerable(conversation: Conversation) -> str:
    """The address of the person who opened it by mail; empty when a machine did, or no answer is wanted (RFC 3834)."""
    first: Message | None = conversation.messages.filter(direction=Message.Direction.IN).order_by("id").first()
    if first is None or first.is_automatic or not first.raw.startswith(RAW):
        return ""
    mail = IncomingMail.objects.filter(pk=int(first.raw.removeprefix(RAW))).first()
    try:
        parsed = parse(content_of(mail)[:HEAD]) if mail else None
    except (Unreadable, FileNotFoundError):
        return ""
    own = directory.current().own
    if parsed is None or not may_be_answered(parsed, own=own) or (mail and mail.mail_from == "" and not mail.inbox_id):
        return ""
    target = parsed.reply_to[0] if parsed.reply_to else parsed.from_
    return target.key[:254]


auto_reply = Follower(name="auto_reply", kinds=frozenset({"case.created"}), handle=_auto_reply)
