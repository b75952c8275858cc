"""From a parsed mail to what conversations take in: who wrote, to which inbox, which thread, which files."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from sapa.channels.email.address import Address, is_own, normal
from sapa.channels.email.directory import Directory
from sapa.channels.email.mail import ParsedMail
from sapa.channels.email.models import IncomingMail
from sapa.channels.email.quote import split_text
from sapa.channels.email.quote_html import split_html
from sapa.channels.email.threading import search_for
from sapa.conversations.actions import Incoming, IncomingFile
from sapa.core import files, html

MOST_KEPT = 500  # addresses of one header
MOST_ID = 500  # characters; longer ids are known by their hash
NOBODY = "unknown@sender.invalid"
RAW = "incoming:"  # a message's `raw`: the number of the mail in the intake


def short_id(outside_id: str) -> str:
    """The id as it is stored."""
    if len(outside_id) <= MOST_ID:
        return outside_id
    return f"sha256:{hashlib.sha256(outside_id.encode()).hexdigest()}"


def inboxes_of(mail: IncomingMail, directory: Directory) -> list[int]:
    """The inboxes that a mail came to: the fetched mailbox's, or those of the envelope's recipients."""
    return [mail.inbox_id] if mail.inbox_id else directory.find_all(mail.recipients)


def incoming(mail: IncomingMail, parsed: ParsedMail, directory: Directory) -> list[Incoming]:
    """One item for each inbox that the mail came to."""
    sender = _sender(mail, parsed, directory)
    search = search_for(parsed, envelope_to=mail.recipients)
    text, markup = split_text(parsed.text), split_html(parsed.html) if parsed.html else None
    folded = not text.is_interleaved
    item = Incoming(
        inbox_id=0,
        channel="email",
        outside_id=short_id(parsed.outside_id),
        identity_kind="email",
        address=(sender.key or NOBODY)[:254],
        name=sender.name[:160],
        subject=parsed.subject[:300],
        text=(text.fresh if folded else parsed.text).strip("\n"),
        quoted=text.quoted.strip("\n") if folded else "",
        signature=text.signature.strip("\n") if folded else "",
        html=html.clean(markup.fresh + markup.signature if folded else parsed.html) if markup else "",
        quoted_html=html.clean(markup.quoted) if markup and folded and markup.quoted else "",
        recipients=_recipients(parsed),
        references=tuple(map(short_id, search.ids)),
        conversation_id=next(iter(search.conversation_ids), None),
        in_reply_to=short_id(parsed.in_reply_to[0]) if parsed.in_reply_to else "",
        raw=f"{RAW}{mail.pk}",
        problems=parsed.problems,
        is_automatic=parsed.automatic is not None,
        is_spam=parsed.header("x-spam-flag").strip().lower().startswith("yes"),
        sent_at=parsed.date,
        files=tuple(_files(parsed)),
    )
    return [replace(item, inbox_id=inbox_id) for inbox_id in inboxes_of(mail, directory)]


def _sender(mail: IncomingMail, parsed: ParsedMail, directory: Directory) -> Address:
    """Who wrote; a web form that writes in the desk's own name tells its visitor in Reply-To."""
    sender = parsed.from_
    if not sender.email:
        return Address(normal(mail.mail_from))
    if is_own(sender, directory.own):
        return next((item for item in parsed.reply_to if item.email and not is_own(item, directory.own)), sender)
    return sender


def _recipients(parsed: ParsedMail) -> dict[str, list[dict[str, str]]]:
    def as_json(addresses: Sequence[Address]) -> list[dict[str, str]]:
        return [{"name": item.name, "address": item.email} for item in addresses[:MOST_KEPT] if item.email]

    found = {"from": as_json([parsed.from_]), "to": as_json(parsed.to), "cc": as_json(parsed.cc)}
    return {**found, "reply_to": as_json(parsed.reply_to)} if parsed.reply_to else found


def _files(parsed: ParsedMail) -> list[IncomingFile]:
    found = []
    for item in parsed.attachments:
        kept = files.store(item.content)
        found.append(
            IncomingFile(
                name=item.name[:255],
                content_type=item.content_type[:120],
                size=kept.size,
                sha256=kept.sha256,
                key=kept.key,
                content_id=item.content_id[:255],
                is_inline=item.inline,
            )
        )
    return found


def unreadable(mail: IncomingMail, content: bytes | None, reason: str, directory: Directory) -> list[Incoming]:
    """A message that says that a mail could not be read, with the mail as it came attached, for each inbox."""
    digest = hashlib.sha256(content or str(mail.pk).encode()).hexdigest()
    text = _("A mail came in that could not be read: %(reason)s") % {"reason": reason}
    attached: tuple[IncomingFile, ...] = ()
    if content:
        kept = files.store(content)
        name = _("unreadable mail") + ".eml"
        attached = (
            IncomingFile(name=name, content_type="message/rfc822", size=kept.size, sha256=kept.sha256, key=kept.key),
        )
        text += "\n\n" + _("The mail is attached as it came.")
    sender = normal(mail.mail_from)[:254].lower()
    return [
        Incoming(
            inbox_id=inbox_id,
            channel="email",
            outside_id=f"sha256:{digest}",
            identity_kind="email",
            address=sender or NOBODY,
            subject=_("A mail that could not be read"),
            text=text,
            raw=f"{RAW}{mail.pk}",
            problems=(reason,),
            files=attached,
        )
        for inbox_id in inboxes_of(mail, directory)
    ]
