"""The parts of a mail as ranges of its bytes, found in one pass per level and copied only when a leaf is decoded.

The parser of the standard library makes a text of every line, tests it against every open boundary and recurses without
a limit: five times the memory, quadratic time on nested input, and RecursionError. Here size, number and depth are bounded.
"""

import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from sapa.channels.email.headers import Headers, split
from sapa.channels.email.params import parse_params

MAX_PARTS = 1_000
MAX_DEPTH = 50
MAX_LETTERS = 3_000_000
MAX_GUESSES = 10
MAX_MISSES = 100_000  # lines that begin like a boundary and are none
MAX_PART_HEADERS = 64_000  # bytes
TAIL = re.compile(rb"(--)?[ \t]*(?:\r?\n|\r?\Z)")
GUESSED = re.compile(rb"(?:^|\n)--([^\r\n]{1,200}?)[ \t]*\r?\n(?=[A-Za-z-]{2,40}:)")
NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
UU_BEGIN = re.compile(rb"begin [0-7]{3,4} [^\r\n]*\r?\n")


@dataclass(slots=True)
class Part:
    """One node: its headers and the range `start:end` of the body in `data`."""

    data: bytes
    start: int
    end: int
    headers: Headers
    content_type: str
    params: dict[str, str]
    disposition: str
    filename: str
    children: list["Part"] = field(default_factory=list)

    @property
    def body(self) -> memoryview:
        return memoryview(self.data)[self.start : self.end]

    @property
    def content_id(self) -> str:
        return self.headers.get("content-id").strip("<> \t")[:255]


@dataclass(slots=True)
class Budget:
    """What is left to spend on one mail, and what was odd about it."""

    parts: int = MAX_PARTS
    letters: int = MAX_LETTERS  # of text and HTML shown
    guesses: int = MAX_GUESSES  # of charsets
    problems: dict[str, None] = field(default_factory=dict)

    def problem(self, sentence: str) -> None:
        self.problems[sentence] = None


def read_part(
    data: bytes, headers: Headers, start: int, end: int, budget: Budget, depth: int = 0, *, default: str = "text/plain"
) -> Part:
    """The part with these headers and the body `data[start:end]`, its children read as far as the bounds allow."""
    content_type, params = parse_params(headers.raw("content-type"))
    if content_type.count("/") != 1 or len(content_type) > 127 or not content_type.isascii():
        is_file = bool(content_type) and bool(params.get("name"))
        content_type = "application/octet-stream" if is_file else "text/plain" if content_type else default
    disposition, more = parse_params(headers.raw("content-disposition"))
    part = Part(
        data, start, end, headers, content_type, params, disposition, more.get("filename") or params.get("name", "")
    )
    if content_type.startswith("multipart/"):
        if depth >= MAX_DEPTH:
            budget.problem(_("Parts are nested too deep; the innermost ones are attached as one file."))
        else:
            _read_children(part, budget, depth)
    return part


def _read_children(part: Part, budget: Budget, depth: int) -> None:
    boundary = part.params.get("boundary", "").rstrip().encode("utf-8", "replace")[:500]
    ranges = list(_between(part, boundary, budget)) if boundary else []
    if not ranges:
        guess = GUESSED.search(part.data, max(0, part.start - 1), min(part.end, part.start + MAX_PART_HEADERS))
        if guess:
            budget.problem(_("The boundary between the parts is wrong; it was guessed."))
            ranges = list(_between(part, guess.group(1), budget))
    default = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
    for start, end in ranges:
        headers, body, _ended = split(part.data, start, min(end, start + MAX_PART_HEADERS))
        part.children.append(read_part(part.data, headers, body, end, budget, depth + 1, default=default))


def _between(part: Part, boundary: bytes, budget: Budget) -> Iterator[tuple[int, int]]:
    """The ranges between the boundary lines; a missing closing line ends at the end of the part."""
    data, mark = part.data, b"\n--" + boundary
    opened, misses = -1, 0
    at = part.start - 1 if data.startswith(mark[1:], part.start) else data.find(mark, part.start, part.end)
    while at != -1:
        tail = TAIL.match(data, at + len(mark), part.end)
        if tail:
            if opened >= 0:
                budget.parts -= 1
                yield opened, max(opened, at - 1 if data[at - 1 : at] == b"\r" else at)
            opened = -1 if tail.group(1) else tail.end()
            if opened < 0:
                return
            if budget.parts <= 0:
                budget.problem(_("The mail has too many parts; the last ones are kept as one."))
                break
        else:
            misses += 1
            if misses > MAX_MISSES:
                budget.problem(_("The parts of the mail could not be told apart; the last ones are kept as one."))
                break
        at = data.find(mark, (tail.end() - 1) if tail else at + 1, part.end)
    if opened >= 0:
        yield opened, part.end


def content(part: Part, budget: Budget) -> bytes:
    """The decoded bytes of a leaf; damaged base64 or quoted-printable gives what can be read of it."""
    encoding = part.headers.raw("content-transfer-encoding").strip().lower()
    if encoding == b"base64":
        return _base64(part.body, budget)
    if encoding == b"quoted-printable":
        return quopri.decodestring(bytes(part.body))
    if encoding in {b"x-uuencode", b"x-uue", b"uuencode", b"uue"}:
        return _uudecoded(bytes(part.body), budget)
    if encoding not in {b"", b"7bit", b"8bit", b"binary"}:
        budget.problem(_("A part names an unknown encoding; it is shown as it came."))
    return bytes(part.body)


def _base64(body: memoryview, budget: Budget) -> bytes:
    try:
        return binascii.a2b_base64(body)
    except binascii.Error:
        budget.problem(_("A part is damaged base64; what could be read of it is kept."))
    clean = NOT_BASE64.sub(b"", bytes(body))
    return binascii.a2b_base64(clean[: len(clean) - (len(clean) % 4 == 1)] + b"===")


def _uudecoded(body: bytes, budget: Budget) -> bytes:
    begin = UU_BEGIN.search(body)
    lines: list[bytes] = []
    for line in body[begin.end() if begin else 0 :].split(b"\n"):
        if line.strip() == b"end":
            break
        try:
            lines.append(binascii.a2b_uu(line.rstrip(b"\r")))
        except binascii.Error:
            budget.problem(_("A part is damaged; what could be read of it is kept."))
    return b"".join(lines)
