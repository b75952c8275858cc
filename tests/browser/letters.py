"""Mails of customers."""

import struct
import zlib
from email.message import EmailMessage
from email.utils import formatdate, make_msgid


def letter(
    subject: str,
    text: str = "Where is my order?",
    *,
    sender: str = "Dan Customer <dan@customer.example>",
    to: str = "support@shop.example",
    html: str = "",
    answers: str = "",
) -> EmailMessage:
    """A mail; `answers` is the Message-ID that it replies to."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"] = formatdate()
    mail["Message-ID"] = make_msgid(domain="customer.example")
    if answers:
        mail["In-Reply-To"] = mail["References"] = answers
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    return mail


def picture(red: int = 200, green: int = 80, blue: int = 40, *, side: int = 48) -> bytes:
    """A PNG of one colour."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    lines = (b"\0" + bytes((red, green, blue)) * side) * side
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
