"""An answer as bytes for the wire: text and HTML, inline pictures, files, threading headers; nothing can be injected.

Headers are written with the older policy of the standard library: the newer one parses each value again and has lost
quotes and split characters on the way in several versions of Python.
"""

import re
from collections.abc import Callable
from email.contentmanager import raw_data_manager
from email.header import Header
from email.message import EmailMessage
from email.policy import compat32
from email.utils import format_datetime

from django.utils.translation import gettext as _

from sapa.channels.email.address import Address, normal
from sapa.channels.email.mail import Attachment, OutgoingMail
from sapa.channels.email.threading import references_for
from sapa.core.errors import Permanent

POLICY = compat32.clone(linesep="\r\n", cte_type="7bit")
CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029\ud800-\udfff]+")
NOT_IN_TEXT = re.compile(r"[\x00\ud800-\udfff]")
ID = re.compile(r"[!-;=?-~]{1,900}")
TYPE = re.compile(r"(?!multipart/|message/)[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}")
EXTRA = re.compile(r"(?:X|List)-[A-Za-z0-9-]{1,60}")
PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
LONG_WORD = re.compile(r"\S{70}")


class Unsendable(Permanent):
    """The mail cannot be written; `reason` is one plain sentence. Trying again does not help."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def compose(mail: OutgoingMail) -> bytes:
    """The mail as bytes with CRLF line ends. Control characters in any header value become spaces."""
    message = EmailMessage(policy=POLICY)
    _write_headers(message, mail)
    inline = [item for item in mail.attachments if item.inline and item.content_id and mail.html]
    message.set_content(_text(mail.text), charset="utf-8", content_manager=raw_data_manager)
    if mail.html:
        message.add_alternative(_text(mail.html), subtype="html", charset="utf-8", content_manager=raw_data_manager)
        for item in inline:
            html = message.get_body(("related", "html"))
            assert html is not None
            _add(html.add_related, item, "inline")
    for item in mail.attachments:
        if item not in inline:
            _add(message.add_attachment, item, "attachment")
    return message.as_bytes(unixfrom=False)


def _write_headers(message: EmailMessage, mail: OutgoingMail) -> None:
    if not (mail.to or mail.cc):
        raise Unsendable(_("The mail has no recipient."))
    message["Date"] = format_datetime(mail.date)
    message["Message-ID"] = f"<{_id(mail.message_id)}>"
    message["From"] = _address(mail.from_)
    if mail.to:
        message["To"] = ", ".join(map(_address, mail.to))
    if mail.cc:
        message["Cc"] = ", ".join(map(_address, mail.cc))
    if mail.reply_to:
        message["Reply-To"] = _address(mail.reply_to)
    message["Subject"] = _words(mail.subject)
    answered = mail.in_reply_to if ID.fullmatch(mail.in_reply_to) else ""
    if answered:
        message["In-Reply-To"] = f"<{answered}>"
    chain = references_for(filter(ID.fullmatch, mail.references), answered)
    if chain:
        message["References"] = " ".join(f"<{item}>" for item in chain)
    if mail.automatic:
        message["Auto-Submitted"] = "auto-replied" if answered else "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
    for name, value in mail.headers:
        if not EXTRA.fullmatch(name):
            raise Unsendable(_("A header that may not be set by hand: %(name)s.") % {"name": _line(name)[:80]})
        message[name] = _words(value)


def _id(message_id: str) -> str:
    if not ID.fullmatch(message_id) or "@" not in message_id:
        raise Unsendable(_("The mail has no usable Message-ID."))
    return message_id


def _address(address: Address) -> str:
    email = normal(address.email)
    if not email or not email.isascii():
        raise Unsendable(
            _("Mail cannot be sent to the address %(address)s.") % {"address": _line(address.email)[:200] or "«»"}
        )
    name = _line(address.name)
    if not name:
        return email
    if PLAIN_NAME.fullmatch(name) and "=?" not in name and not LONG_WORD.search(name):
        return f"{name} <{email}>"
    if name.isascii() and "=?" not in name and not LONG_WORD.search(name):
        return '"' + re.sub(r'([\\"])', r"\\\1", name) + f'" <{email}>'
    return f"{_encoded(name)} <{email}>"


def _words(text: str) -> str:
    """A header value of free words, encoded where plain ASCII would not come through as it is."""
    text = _line(text)
    return text if text.isascii() and "=?" not in text and not LONG_WORD.search(text) else _encoded(text)


def _encoded(text: str) -> str:
    return " ".join(Header(text, "utf-8", maxlinelen=75).encode(linesep="\n").split())


def _line(text: str) -> str:
    return CONTROL.sub(" ", text).strip()


def _text(text: str) -> str:
    return NOT_IN_TEXT.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def _add(add: Callable[..., None], item: Attachment, disposition: str) -> None:
    kind = item.content_type.lower()
    maintype, _slash, subtype = (kind if TYPE.fullmatch(kind) else "application/octet-stream").partition("/")
    cid = f"<{item.content_id}>" if ID.fullmatch(item.content_id) else None
    add(
        item.content, maintype=maintype, subtype=subtype, disposition=disposition, cid=cid,
        filename=_line(item.name)[:200] or "attachment", content_manager=raw_data_manager,
    )  # fmt: skip
