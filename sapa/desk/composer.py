"""What the composer of a conversation shows: the draft of one kind, its files, to whom it goes, the signature."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from sapa.accounts.models import User
from sapa.accounts.permissions import Permission
from sapa.channels.email.recipients import Lines, reply_recipients
from sapa.conversations import actions
from sapa.conversations.actions.files import MOST_FILES
from sapa.conversations.models import Conversation, Draft, DraftFile
from sapa.core import html as markup


@dataclass(frozen=True)
class File:
    """A file of the draft and where its picture can be fetched."""

    row: DraftFile
    url: str


@dataclass(frozen=True)
class Composer:
    """Everything the template asks for; `why_not` says why this person cannot write here."""

    conversation: Conversation
    kind: Draft.Kind
    kinds: Sequence[Draft.Kind]
    has_draft: frozenset[str]
    version: int
    html: SafeString
    text: str
    others: Sequence[SafeString]
    files: Sequence[File]
    lines: Lines
    has_lines: bool
    signature: str
    is_closed: bool
    action: str
    upload_limit: int
    most_files: int


def composer(conversation: Conversation, user: User, kind: str = "") -> Composer:
    """The composer for this person; kinds that their role does not allow are not offered."""
    kinds = [
        which
        for which, right in ((Draft.Kind.REPLY, Permission.REPLY), (Draft.Kind.NOTE, Permission.NOTE))
        if user.may(right)
    ]
    drafts = {draft.kind: draft for draft in Draft.objects.filter(conversation=conversation, user=user)}
    chosen = Draft.Kind(kind) if kind in kinds else (kinds or [Draft.Kind.REPLY])[0]
    draft = drafts.get(chosen) or Draft(version=0)
    files = [_file(conversation, row) for row in draft.files.order_by("pk")] if draft.pk else []
    inline = {file.row.content_id: file.url for file in files if file.row.content_id}
    has_lines = chosen == Draft.Kind.REPLY and bool(conversation.inbox.capabilities.get("cc"))
    return Composer(
        conversation=conversation,
        kind=chosen,
        kinds=kinds,
        has_draft=frozenset(drafts),
        version=draft.version,
        html=_shown(draft.html, inline),
        text=markup.to_text(draft.html),
        others=[_shown(other["html"], inline) for other in draft.others],
        files=files,
        lines=_lines(conversation, draft) if has_lines else Lines(),
        has_lines=has_lines,
        signature=signature(user, conversation) if chosen == Draft.Kind.REPLY else "",
        is_closed=conversation.status in (Conversation.Status.CLOSED, Conversation.Status.SPAM),
        action=f"desk:{chosen}",
        upload_limit=settings.UPLOAD_LIMIT,
        most_files=MOST_FILES,
    )


def signature(user: User, conversation: Conversation) -> str:
    """What stands below an answer: the person's own signature, then the inbox's."""
    parts = (part.strip() for part in (user.signature, conversation.inbox.signature))
    return "\n".join(markup.to_text(part) if part.startswith("<") else part for part in parts if part)


def file_address(conversation: Conversation, file: DraftFile) -> str:
    """Where a file of a draft is fetched by its owner."""
    return reverse("desk:draft_file", args=(conversation.pk, file.pk))


def _file(conversation: Conversation, row: DraftFile) -> File:
    return File(row=row, url=file_address(conversation, row))


def _lines(conversation: Conversation, draft: Draft) -> Lines:
    return Lines.of(actions.recipients_of(draft) or reply_recipients(conversation))


def _shown(html: str, inline: dict[str, str]) -> SafeString:
    """Cleaned when it was saved, and again here: the rules may have become stricter since."""

    def picture(found: re.Match[str]) -> str:
        """Its address, beside the content id by which the text keeps it."""
        address = inline.get(unescape(found.group(1)), "")
        return f'{found.group()} src="{escape(address)}"' if address else found.group()

    return mark_safe(markup.CID_IMAGE.sub(picture, markup.clean(html)))  # noqa: S308
