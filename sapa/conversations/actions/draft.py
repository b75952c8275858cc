"""Drafts: what a person has begun to write lies on the server, with its files, until it is sent or thrown away."""

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.accounts.models import User
from sapa.accounts.permissions import Permission
from sapa.conversations.actions._lock import check, lock
from sapa.conversations.actions.note import note
from sapa.conversations.actions.reply import UNDO_SECONDS, Recipient, Recipients, ReplyFile, reply, withdraw
from sapa.conversations.models import Attachment, Conversation, Draft, DraftFile, Message
from sapa.core import html as markup
from sapa.core.errors import Conflict, Refused, TooMuch

MOST_CHARACTERS = 500_000
MOST_OTHERS = 5
MOST_RECIPIENTS = 100
_RIGHTS = {Draft.Kind.REPLY: Permission.REPLY, Draft.Kind.NOTE: Permission.NOTE}


def kind_of(name: str) -> Draft.Kind:
    """The kind with this name. Raises Refused."""
    if name not in Draft.Kind.values:
        raise Refused(_("A draft is a reply or a note, not «%(kind)s».") % {"kind": name[:40]}, field="kind")
    return Draft.Kind(name)


@transaction.atomic
def save_draft(
    conversation: Conversation,
    *,
    by: User,
    kind: str,
    html: str,
    recipients: Recipients | None = None,
    version: int = 0,
    editor: str = "",
) -> Draft:
    """Keep what the person has written so far; the newest text wins.

    version: of the draft as this editor last knew it, 0 for none. A text that another editor saved since then goes to
    `others`. Raises NotAllowed, TooMuch, Refused.
    """
    check(by, _RIGHTS[kind_of(kind)])
    if len(html) > MOST_CHARACTERS:
        raise TooMuch(_("The text is too long: at most 500,000 characters, with formatting."), field="html")
    if recipients and max(len(recipients.to), len(recipients.cc), len(recipients.bcc)) > MOST_RECIPIENTS:
        raise TooMuch(_("A message goes to at most 100 addresses in each line."), field="to")
    draft = _locked(conversation, by, kind, version)
    html = markup.clean(html)
    if not (markup.to_text(html).strip() or "<img" in html):
        html = ""  # an editor's empty line is no draft
    if draft.version != version and draft.editor != editor and not _same(draft.html, html):
        _keep_other(draft, editor)
    draft.html, draft.editor = html, editor[:40]
    draft.others = [other for other in draft.others if other["editor"] != draft.editor]
    if recipients is not None:
        for line, people in recipients.to_json().items():
            setattr(draft, line, people)
    draft.version = max(draft.version, version) + 1
    draft.save()
    return draft


@transaction.atomic
def settle_draft(conversation: Conversation, *, by: User, kind: str) -> None:
    """Forget the texts of other tabs: the person has taken or dropped them."""
    Draft.objects.filter(conversation=conversation, user=by, kind=kind_of(kind)).update(others=[])


@transaction.atomic
def discard_draft(conversation: Conversation, *, by: User, kind: str) -> None:
    """Throw the draft and its files away; nothing to throw away is fine."""
    Draft.objects.filter(conversation=conversation, user=by, kind=kind_of(kind)).delete()


@transaction.atomic
def send_draft(
    conversation: Conversation, *, by: User, kind: str, signature: str = "", undo_seconds: int = UNDO_SECONDS
) -> Message:
    """Turn the draft into a reply or a note, files included; the draft is gone, or holds what another tab had written.

    Raises NotAllowed, Refused (empty, closed), Conflict when there is no draft: a second click sends nothing twice.
    """
    draft = Draft.objects.select_for_update().filter(conversation=conversation, user=by, kind=kind_of(kind)).first()
    if draft is None:
        raise Conflict(_("There is no draft to send: it has been sent or thrown away already, perhaps in another tab."))
    # A picture that was deleted from the text again does not go with it.
    files = [
        _as_reply_file(file)
        for file in draft.files.order_by("pk")
        if not file.is_inline or file.content_id in draft.html
    ]
    if draft.kind == Draft.Kind.NOTE:
        message = note(conversation, by=by, html=draft.html, files=files)
    else:
        message = reply(
            conversation,
            by=by,
            html=draft.html,
            recipients=recipients_of(draft),
            files=files,
            signature=signature,
            undo_seconds=undo_seconds,
        )
    if not draft.others:
        draft.delete()
        return message
    draft.files.all().delete()
    draft.html, draft.editor, draft.version = draft.others[0]["html"], draft.others[0]["editor"], draft.version + 1
    draft.others, draft.to, draft.cc, draft.bcc = draft.others[1:], [], [], []
    draft.save()
    return message


@transaction.atomic
def take_back(message: Message, *, by: User) -> Draft:
    """Undo sending: the answer becomes the draft again, files included, above what was begun meanwhile.

    Raises Conflict when it has left.
    """
    files = [_as_reply_file(file) for file in message.attachments.order_by("pk")]
    withdrawn = withdraw(message, by=by)
    draft = _locked(message.conversation, by, Draft.Kind.REPLY, 0)
    draft.html = (withdrawn.html or markup.from_text(withdrawn.text)) + draft.html
    for line in ("to", "cc", "bcc"):
        setattr(draft, line, withdrawn.recipients.get(line, []))
    # No tab has this text yet: what an open one saves next does not replace it in silence.
    draft.version, draft.editor = draft.version + 1, ""
    draft.save()
    DraftFile.objects.bulk_create(DraftFile(draft=draft, **vars(file)) for file in files)
    return draft


def recipients_of(draft: Draft) -> Recipients | None:
    """The people in the draft's lines; None when there are none."""
    lines = {line: tuple(Recipient(**person) for person in getattr(draft, line)) for line in ("to", "cc", "bcc")}
    return Recipients(**lines) if any(lines.values()) else None


def _locked(conversation: Conversation, by: User, kind: str, version: int) -> Draft:
    """The draft, locked; a new one continues from `version`, so that an old tab cannot mistake it for its own.

    The lock on the conversation decides between two first saves at the same instant.
    """
    found = Draft.objects.select_for_update().filter(conversation=conversation, user=by, kind=kind).first()
    if found is not None:
        return found
    lock(conversation)
    draft, _created = Draft.objects.select_for_update().get_or_create(
        conversation=conversation, user=by, kind=kind, defaults={"version": version}
    )
    return draft


def _keep_other(draft: Draft, editor: str) -> None:
    if not markup.to_text(draft.html).strip():
        return
    others = [other for other in draft.others if other["editor"] not in (draft.editor, editor)]
    draft.others = [{"editor": draft.editor, "html": draft.html}, *others][:MOST_OTHERS]


def _same(one: str, other: str) -> bool:
    return markup.to_text(one).split() == markup.to_text(other).split()


def _as_reply_file(file: DraftFile | Attachment) -> ReplyFile:
    return ReplyFile(
        name=file.name,
        content_type=file.content_type,
        size=file.size,
        sha256=file.sha256,
        key=file.key,
        content_id=file.content_id,
        is_inline=file.is_inline,
    )
