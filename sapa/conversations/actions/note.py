"""An internal note: seen by colleagues only; whoever is @mentioned may see the conversation and is told."""

import re
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.accounts.models import User
from sapa.accounts.permissions import Permission
from sapa.conversations.actions._lock import check, envelope, lock
from sapa.conversations.actions.reply import ReplyFile
from sapa.conversations.facts import MessageCreated
from sapa.conversations.models import Attachment, Conversation, Message, Participant
from sapa.core import clock
from sapa.core import html as markup
from sapa.core.errors import Refused
from sapa.timeline.record import record

# What the composer writes for a mention: <span data-mention="7">@Bagus</span>; in plain text: @[7].
_MENTION = re.compile(r'data-mention="(\d{1,18})"|@\[(\d{1,18})\]')
MOST_MENTIONS = 50


@transaction.atomic
def note(
    conversation: Conversation, *, by: User, text: str = "", html: str = "", files: Sequence[ReplyFile] = ()
) -> Message:
    """Write a note. Raises NotAllowed, Refused when it is empty."""
    check(by, Permission.NOTE)
    html = markup.clean(html) if html else ""
    mentioned = _mentioned(html or text)
    text = _with_names(text.strip(), mentioned) or markup.to_text(html).strip()
    if not text and not files:
        raise Refused(_("Write something before you save the note."), field="text")
    conversation = lock(conversation)
    now = clock.now()
    message = Message.objects.create(
        conversation=conversation,
        inbox_id=conversation.inbox_id,
        direction=Message.Direction.NOTE,
        author_kind=Message.Author.AGENT,
        user=by,
        text=text,
        html=html,
        state=Message.State.RECEIVED,
        created_at=now,
    )
    Attachment.objects.bulk_create(Attachment(message=message, **vars(file)) for file in files)
    Participant.objects.bulk_create(
        (Participant(conversation=conversation, user_id=id) for id in mentioned), ignore_conflicts=True
    )
    conversation.updated_at = now
    conversation.save(update_fields=["updated_at"])
    payload = MessageCreated(
        message_id=message.pk,
        direction="note",
        author_kind="agent",
        visibility="internal",
        automated=False,
        mentions=tuple(mentioned),
    )
    record(payload, envelope(conversation, by=by))
    return message


def _mentioned(markup_or_text: str) -> dict[int, str]:
    """Names of the people who are mentioned, by their ids in order."""
    ids = {int(first or second) for first, second in _MENTION.findall(markup_or_text)[:MOST_MENTIONS]}
    return dict(User.objects.filter(pk__in=ids, is_active=True).order_by("pk").values_list("pk", "name"))


def _with_names(text: str, mentioned: dict[int, str]) -> str:
    """The text as people read it: @Bagus for @[7]."""
    for id, name in mentioned.items():
        text = text.replace(f"@[{id}]", f"@{name}")
    return text
