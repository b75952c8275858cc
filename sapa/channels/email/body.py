"""From the parts of a mail to what people read: text, HTML, files; which part is which."""

import re
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from django.utils.translation import gettext as _

from sapa.channels.email import tnef
from sapa.channels.email.charset import decode
from sapa.channels.email.headers import split
from sapa.channels.email.mail import Attachment
from sapa.channels.email.mime import Budget, Part, content
from sapa.core import html as core_html

MAX_BODY = 1_000_000  # characters shown; a longer body is kept whole as a file
MAX_NAME = 200
UNSAFE = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069/\\:*?\"<>|]+")
CID = re.compile(r"cid:([^\"'\s>)]{1,300})", re.IGNORECASE)
EXTENSIONS = {
    "text/plain": ".txt", "text/html": ".html", "text/calendar": ".ics", "message/rfc822": ".eml", "image/png": ".png",
    "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp", "application/pdf": ".pdf", "application/zip": ".zip",
    "message/delivery-status": ".txt", "text/rfc822-headers": ".txt", "text/csv": ".csv", "audio/mpeg": ".mp3",
    "audio/wav": ".wav", "video/mp4": ".mp4", "application/pgp-signature": ".asc", "application/json": ".json",
}  # fmt: skip
TNEF_TYPES = {"application/ms-tnef", "application/vnd.ms-tnef"}
SEALED = {"application/pgp-encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"}
NOT_FOR_PEOPLE = {"text/x-amp-html", "text/watch-html"}  # other renderings of what the alternatives say anyway


@dataclass(slots=True)
class Piece:
    """One stretch of the body: the same words as text, as HTML, or both."""

    text: str = ""
    html: str = ""


@dataclass(slots=True)
class Body:
    """What was found so far."""

    pieces: list[Piece] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    calendars: list[bytes] = field(default_factory=list)
    status_reports: list[bytes] = field(default_factory=list)
    returned: list[bytes] = field(default_factory=list)

    def text(self) -> str:
        """All pieces as text; HTML is turned into text only where no text came with it."""
        texts = [
            piece.text if piece.text.strip() or not piece.html else core_html.to_text(piece.html)
            for piece in self.pieces
        ]
        return "\n\n".join(text.strip("\n") for text in texts if text.strip())

    def html(self) -> str:
        """All pieces as HTML, or nothing when none of them is HTML."""
        if not any(piece.html for piece in self.pieces):
            return ""
        return "\n".join(piece.html or core_html.from_text(piece.text) for piece in self.pieces)


def read_body(root: Part, budget: Budget) -> Body:
    """The body below `root`, with the attachments that the HTML shows marked inline."""
    body = Body()
    _walk(root, body, budget)
    html = "".join(piece.html for piece in body.pieces)
    shown = (
        {unquote(cid) for cid in CID.findall(html)}
        if html and any(item.content_id for item in body.attachments)
        else set()
    )
    body.attachments = [replace(item, inline=item.content_id in shown) for item in body.attachments]
    return body


def _walk(part: Part, body: Body, budget: Budget) -> None:
    kind = part.content_type
    if part.children:
        if kind == "multipart/alternative":
            _walk_alternatives(part, body, budget)
        else:
            for child in part.children:
                _walk(child, body, budget)
    elif kind.startswith("multipart/"):
        _walk_childless(part, body, budget)
    elif kind in {"text/plain", "text/html"} and not _is_file(part, body):
        _add_text(part, body, budget)
    elif kind in TNEF_TYPES or part.filename.lower() == "winmail.dat":
        _add_tnef(part, body, budget)
    elif kind not in NOT_FOR_PEOPLE:
        if kind in SEALED:
            budget.problem(_("The mail is encrypted; it can be opened only outside."))
        _add_file(part, body, budget)


def _is_file(part: Part, body: Body) -> bool:
    if part.disposition == "attachment":
        return True
    return bool(part.filename) and (bool(part.disposition) or bool(body.pieces))


def _walk_alternatives(part: Part, body: Body, budget: Budget) -> None:
    """The alternatives say the same: the last text and the last HTML are kept, files of all of them."""
    whole = Piece()
    for child in part.children:
        found = Body()
        _walk(child, found, budget)
        html, text = found.html(), "\n\n".join(piece.text for piece in found.pieces if piece.text)
        whole = Piece(text=text or whole.text, html=html or whole.html)
        body.attachments += found.attachments
        body.calendars += found.calendars
    if whole.text or whole.html:
        body.pieces.append(whole)


def _walk_childless(part: Part, body: Body, budget: Budget) -> None:
    """A multipart without a single boundary, or one that lies too deep."""
    data = bytes(part.body)
    if part.headers.fields and len(data) > MAX_BODY:
        body.attachments.append(Attachment(_name(part, body, ".bin"), "application/octet-stream", data))
    elif data.strip():
        budget.problem(_("The parts of the mail could not be told apart; it is shown as it came."))
        body.pieces.append(Piece(text=_lines(decode(data, part.params.get("charset", "")))))


def _add_text(part: Part, body: Body, budget: Budget) -> None:
    data = content(part, budget)
    text = _lines(decode(data, part.params.get("charset", ""), guess=budget.guesses > 0))
    budget.guesses -= not data.isascii()
    room = min(MAX_BODY, budget.letters)
    budget.letters -= min(len(text), room)
    if len(text) > room:
        budget.problem(_("The body is very long; its beginning is shown and all of it is attached."))
        body.attachments.append(Attachment(_name(part, body), part.content_type, data))
        text = text[:room]
    if part.content_type == "text/html":
        if text.strip():
            body.pieces.append(Piece(html=text))
    elif text.strip():
        body.pieces.append(Piece(text=_unflowed(text, part.params)))


def _unflowed(text: str, params: dict[str, str]) -> str:
    """`format=flowed` (RFC 3676): lines that end in a space go on in the next one of the same quoting."""
    if params.get("format", "").lower() != "flowed":
        return text
    joined: list[str] = []
    open_depth = -1
    drop_space = params.get("delsp", "").lower() == "yes"
    for line in text.split("\n"):
        rest = line.lstrip(">")
        depth = len(line) - len(rest)
        rest = rest.removeprefix(" ")
        is_soft = rest.endswith(" ") and rest != "-- "
        piece = rest[:-1] if is_soft and drop_space else rest
        if depth == open_depth and rest != "-- ":
            joined.append(piece)
        else:
            joined.append(("\n" if joined else "") + (">" * depth + " " if depth else "") + piece)
        open_depth = depth if is_soft else -1
    return "".join(joined)


def _add_tnef(part: Part, body: Body, budget: Budget) -> None:
    data = content(part, budget)
    found = tnef.unwrap(data)
    if found is None or not found.complete:
        budget.problem(_("A winmail.dat could not be opened whole; it is attached as it came."))
        body.attachments.append(Attachment(_name(part, body), "application/ms-tnef", data))
    if found is None:
        return
    body.attachments += [replace(item, name=safe_name(item.name) or "attachment") for item in found.attachments]
    if (found.text or found.html) and not body.pieces:
        body.pieces.append(Piece(text=_lines(found.text)[:MAX_BODY], html=_lines(found.html)[:MAX_BODY]))


def _add_file(part: Part, body: Body, budget: Budget) -> None:
    data = content(part, budget)
    kind = part.content_type
    if kind in {"text/calendar", "application/ics"}:
        body.calendars.append(data)
    elif kind in {"message/delivery-status", "message/global-delivery-status"}:
        body.status_reports.append(data)
    elif kind in {"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers"}:
        body.returned.append(data)
    body.attachments.append(Attachment(_name(part, body, data=data), kind, data, part.content_id))


def _name(part: Part, body: Body, extension: str = "", *, data: bytes = b"") -> str:
    """The file's name, safe to show and to save: no folders, no control or direction characters."""
    name = safe_name(part.filename)
    if name:
        return name
    extension = extension or EXTENSIONS.get(part.content_type, "")
    if part.content_type == "message/rfc822" and data:
        subject = safe_name(split(data, 0, min(len(data), 64_000))[0].get("subject"))[:120]
        if subject:
            return subject + extension
    stem = {"text/calendar": "invite", "message/delivery-status": "delivery-status"}.get(
        part.content_type, "attachment"
    )
    return f"{stem}-{len(body.attachments) + 1}{extension}" if stem == "attachment" else stem + extension


def safe_name(name: str) -> str:
    """A file name without folders and harmful characters, at most 200 characters, its extension kept."""
    name = UNSAFE.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip(" ._")
    stem, dot, extension = name.rpartition(".")
    if len(name) > MAX_NAME and dot and len(extension) <= 10:
        return f"{stem[: MAX_NAME - 11]}.{extension}"
    return name[:MAX_NAME]


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
