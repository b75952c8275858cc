"""Files of a draft: added while it is written, taken off again, sent with it."""

import secrets

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sapa.accounts.models import User
from sapa.conversations.actions.draft import save_draft
from sapa.conversations.models import Conversation, Draft, DraftFile
from sapa.core import files
from sapa.core.errors import Refused, TooMuch
from sapa.core.names import PICTURES, clean_name, sniffed_type

MOST_FILES = 40
MEGABYTE = 1024 * 1024


def add_file(
    conversation: Conversation, *, by: User, kind: str, name: str, content: bytes, inline: bool = False
) -> DraftFile:
    """Add a file to the draft (a new one if need be); its type is read from its content.

    inline: a picture shown where its content_id stands in the text; what is no picture becomes an ordinary file.
    Raises NotAllowed, Refused (empty), TooMuch (size of it or of all together, number).
    """
    name = clean_name(name, fallback=_("file"))
    if not content:
        raise Refused(
            _("«%(name)s» is empty or a folder; choose a file with something in it.") % {"name": name}, field="file"
        )
    if len(content) > settings.UPLOAD_LIMIT:
        raise too_large(name)
    content_type = sniffed_type(content, name)
    stored = files.store(content)
    with transaction.atomic():
        draft = _draft(conversation, by, kind)
        _check_room(draft, conversation, stored.size)
        inline = inline and content_type in PICTURES
        return DraftFile.objects.create(
            draft=draft,
            name=name,
            content_type=content_type,
            size=stored.size,
            sha256=stored.sha256,
            key=stored.key,
            is_inline=inline,
            content_id=f"{secrets.token_hex(10)}@sapa" if inline else "",
        )


@transaction.atomic
def remove_file(conversation: Conversation, *, by: User, file_id: int) -> None:
    """Take a file off one's own draft; one that is gone already is fine."""
    DraftFile.objects.filter(pk=file_id, draft__user=by, draft__conversation=conversation).delete()


def too_large(name: str) -> TooMuch:
    """The refusal of a file over the limit."""
    limit = settings.UPLOAD_LIMIT // MEGABYTE
    name = clean_name(name, fallback=_("file"))
    return TooMuch(
        _("«%(name)s» is too large: a file may have at most %(limit)d MB.") % {"name": name, "limit": limit},
        field="file",
    )


def _draft(conversation: Conversation, by: User, kind: str) -> Draft:
    """The draft to which the file goes, locked; its text and version stay as they are."""
    found = Draft.objects.select_for_update().filter(conversation=conversation, user=by, kind=kind).first()
    return found or save_draft(conversation, by=by, kind=kind, html="")


def _check_room(draft: Draft, conversation: Conversation, size: int) -> None:
    sizes = list(draft.files.values_list("size", flat=True))
    if len(sizes) >= MOST_FILES:
        raise TooMuch(
            ngettext("A message has at most %(count)d file.", "A message has at most %(count)d files.", MOST_FILES)
            % {"count": MOST_FILES},
            field="file",
        )
    limit = int(conversation.inbox.capabilities.get("attachments") or settings.UPLOAD_LIMIT)
    if draft.kind == Draft.Kind.REPLY and sum(sizes) + size > limit:
        raise TooMuch(
            _("All files together may have at most %(limit)d MB on this channel.") % {"limit": limit // MEGABYTE},
            field="file",
        )
