"""An answer as a mail: recipients, sender, thread, signatures, and the answered mail quoted below."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from sapa.channels.email.address import Address, is_own, normal, reply_all, unique
from sapa.channels.email.mail import Attachment, OutgoingMail
from sapa.channels.email.models import EmailInbox
from sapa.channels.email.thread import Thread
from sapa.channels.email.threading import reply_address
from sapa.conversations.models import Message
from sapa.core import clock, files
from sapa.core import html as markup
from sapa.core.errors import Permanent
from sapa.customers.models import Identity

MOST_QUOTED = 30_000  # characters of the answered mail that go below the answer
MOST_RECIPIENTS = 200


@dataclass(frozen=True)
class Letter:
    """A mail ready to leave: what is written, and its envelope."""

    mail: OutgoingMail
    bcc: tuple[Address, ...]
    sender: str  # of the envelope; empty when no bounce is wanted

    @property
    def recipients(self) -> list[str]:
        return [item.email for item in unique([*self.mail.to, *self.mail.cc, *self.bcc])]

    def to_json(self) -> dict[str, list[dict[str, str]]]:
        """To whom it goes, as a message keeps it."""
        return {
            name: [{"name": item.name, "address": item.email} for item in people]
            for name, people in (("to", self.mail.to), ("cc", self.mail.cc), ("bcc", self.bcc))
        }


def letter(message: Message, *, email: EmailInbox | None, thread: Thread, own: Iterable[str]) -> Letter:
    """The mail of a queued message. Raises Permanent when it has no recipient or a file of it is lost."""
    inbox = message.inbox
    to, cc, bcc = _addressees(message, thread, tuple(own))
    address = normal(inbox.address)
    if not address:
        raise Permanent(_("The inbox «%(name)s» has no address to send from.") % {"name": inbox.name})
    tokened = reply_address(address, message.conversation_id) if email is None or email.plus_address else address
    text, html = _bodies(message, thread)
    mail = OutgoingMail(
        message_id=message.outside_id or "",
        from_=Address(address, (email.from_name if email else "") or inbox.name),
        to=to,
        cc=cc,
        reply_to=Address(tokened, (email.from_name if email else "") or inbox.name),
        subject=_subject(message, thread),
        text=text,
        html=html,
        date=clock.now(),
        in_reply_to=thread.in_reply_to,
        references=thread.ids,
        attachments=tuple(_attachments(message)),
        automatic=message.is_automatic,
    )
    return Letter(mail, bcc, "" if message.is_automatic else tokened)


def _addressees(
    message: Message, thread: Thread, own: tuple[str, ...]
) -> tuple[tuple[Address, ...], tuple[Address, ...], tuple[Address, ...]]:
    """As the agent chose; without a choice everybody who got the answered mail, and the customer first of all."""
    chosen = message.recipients or {}

    def named(name: str) -> tuple[Address, ...]:
        found = (item for item in _people(chosen.get(name)) if not is_own(item, own))
        return unique(found)[:MOST_RECIPIENTS]

    to, cc, bcc = named("to"), named("cc"), named("bcc")
    if not to and (message.is_automatic or chosen.get("cc") or chosen.get("bcc")):
        to = _customer(message, thread, own)
    elif not to:
        everybody = suggested(thread.answered, own=own)
        to = everybody.to or _customer(message, thread, own)
        cc = everybody.cc
    cc = unique(cc, without=[item.key for item in to])
    if not to and not cc:
        raise Permanent(_("There is nobody to send this to: the customer has no e-mail address."))
    return to, cc, unique(bcc, without=[item.key for item in (*to, *cc)])


@dataclass(frozen=True)
class Suggested:
    """Who gets an answer to all, for the composer."""

    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()


def suggested(answered: Message | None, *, own: Iterable[str]) -> Suggested:
    """Who gets an answer to all of an incoming message; never the desk's own addresses."""
    if answered is None or answered.direction != Message.Direction.IN:
        return Suggested()
    told = answered.recipients or {}
    sender = next(iter(_people(told.get("from"))), Address(""))
    found = reply_all(
        sender=sender,
        reply_to=_people(told.get("reply_to")),
        to=_people(told.get("to")),
        cc=_people(told.get("cc")),
        own=own,
    )
    return Suggested(found.to, found.cc)


def _people(entries: Any) -> list[Address]:
    found = []
    for entry in entries or ():
        address = normal(str(entry.get("address", "")))
        if address:
            found.append(Address(address, str(entry.get("name") or "")))
    return found


def _customer(message: Message, thread: Thread, own: tuple[str, ...]) -> tuple[Address, ...]:
    first = suggested(thread.answered, own=own).to
    if first:
        return first[:1]
    customer = message.conversation.customer
    identity = Identity.objects.filter(customer=customer, kind=Identity.Kind.EMAIL).order_by("id").first()
    address = normal(identity.address) if identity else ""
    return (Address(address, customer.name),) if address and not is_own(Address(address), own) else ()


def _subject(message: Message, thread: Thread) -> str:
    subject = message.subject or (thread.answered.subject if thread.answered else "") or message.conversation.subject
    if not thread.in_reply_to or subject.lower().startswith(("re:", "bls:", "balas:")):
        return subject or _("Your message")
    return f"Re: {subject}"


def _bodies(message: Message, thread: Thread) -> tuple[str, str]:
    signatures = [message.user.signature if message.user else "", message.inbox.signature]
    signatures = [signature.strip() for signature in signatures if signature.strip()]
    quoted = None if message.is_automatic else thread.answered
    text = "\n".join([message.text.rstrip("\n"), *_text_signature(signatures), *_text_quote(quoted)]) + "\n"
    if not message.html:
        return text, ""
    shown = {item.content_id: f"cid:{item.content_id}" for item in message.attachments.all() if item.content_id}
    html = markup.reveal(message.html, inline=shown, remote=True)
    return text, html + _html_signature(signatures) + _html_quote(quoted)


def _is_html(text: str) -> bool:
    return text.startswith("<") and text.endswith(">")


def _text_signature(signatures: Sequence[str]) -> list[str]:
    words = [markup.to_text(item) if _is_html(item) else item for item in signatures]
    return ["", "-- ", *words] if words else []


def _html_signature(signatures: Sequence[str]) -> str:
    parts = [
        markup.reveal(markup.clean(item), inline={}, remote=True) if _is_html(item) else markup.from_text(item)
        for item in signatures
    ]
    return '<div class="sapa-signature"><br>-- <br>' + "".join(parts) + "</div>" if parts else ""


def _wrote(answered: Message) -> str:
    at = timezone.localtime(answered.sent_at or answered.created_at)
    name = answered.customer.name if answered.customer and answered.customer.name else _("the customer")
    return _("On %(date)s, %(name)s wrote:") % {"date": date_format(at, "DATETIME_FORMAT"), "name": name}


def _text_quote(answered: Message | None) -> list[str]:
    if answered is None or not (answered.text or answered.quoted):
        return []
    body = "\n".join(filter(None, (answered.text, answered.quoted)))[:MOST_QUOTED]
    return ["", _wrote(answered), *(f">{line}" if line.startswith(">") else f"> {line}" for line in body.split("\n"))]


def _html_quote(answered: Message | None) -> str:
    if answered is None or not (answered.text or answered.quoted or answered.html):
        return ""
    whole = answered.html + answered.quoted_html
    if not whole or len(whole) > 4 * MOST_QUOTED:
        whole = markup.from_text("\n".join(filter(None, (answered.text, answered.quoted)))[:MOST_QUOTED])
    body = markup.reveal(whole, inline={}, remote=True)
    return f'<div class="sapa-quote"><p>{escape(_wrote(answered))}</p><blockquote type="cite">{body}</blockquote></div>'


def _attachments(message: Message) -> Iterable[Attachment]:
    for item in message.attachments.all():
        try:
            content = files.read(item.key)
        except FileNotFoundError as error:
            raise Permanent(_("The attached file «%(name)s» is lost.") % {"name": item.name}) from error
        yield Attachment(item.name, item.content_type, content, item.content_id, item.is_inline)
