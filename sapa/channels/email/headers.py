"""The header block of a mail or of a part: split, unfolded and decoded in linear time, whatever is wrong with it."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from sapa.channels.email.charset import decode, lookup, tidy

MAX_HEADERS = 5_000
MAX_VALUE = 64_000  # characters kept of one ordinary header; addresses and ids may be longer
LONG = {"to", "cc", "bcc", "references", "delivered-to"}
MAX_LONG = 1_000_000
LINE = re.compile(rb"([!-9;-~]+)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)\n?")
EMPTY_LINE = re.compile(rb"[ \t]*\r?\n")
TO_LINE_END = re.compile(rb"[^\n]*\n")
CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
FOLD = re.compile(rb"\r?\n[ \t]*|\r[ \t]*")
WORD = re.compile(r"=\?([^\s?*]{1,40})(?:\*[^?]*)?\?([bBqQ])\?([^?\n]*)\?=")
BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?[^\s?]{1,60}\?[bBqQ]\?)")
HEX = re.compile(rb"=([0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Headers:
    """Headers in their order: names in lower case, values as unfolded bytes, decoded when asked for."""

    fields: tuple[tuple[str, bytes], ...]

    def raw(self, name: str) -> bytes:
        """The first header of that (lower-case) name, unfolded, or nothing."""
        for key, value in self.fields:
            if key == name:
                return value
        return b""

    def get(self, name: str) -> str:
        """The first header of that (lower-case) name as text, encoded words decoded."""
        value = self.raw(name)
        return as_text(name, value) if value else ""

    def undecoded(self, name: str) -> list[str]:
        """Every header of that (lower-case) name as text whose encoded words are still encoded, for addresses."""
        return [CONTROL.sub(" ", decode(value[:MAX_LONG])) for key, value in self.fields if key == name]

    def all(self, name: str) -> list[str]:
        """Every header of that (lower-case) name as text."""
        return [as_text(key, value) for key, value in self.fields if key == name]

    def decoded(self) -> Iterator[tuple[str, str]]:
        """Every header as text."""
        return ((key, as_text(key, value)) for key, value in self.fields)


NO_HEADERS = Headers(())


def split(data: bytes, start: int = 0, end: int | None = None) -> tuple[Headers, int, bool]:
    """The headers of `data[start:end]`, where the body begins, and whether the block ended in an empty line as it should.

    A line that is neither header nor continuation ends the block and belongs to the body, so that nothing is lost.
    """
    end = len(data) if end is None else end
    fields: list[tuple[str, bytes]] = []
    at = start
    while at < end and len(fields) < MAX_HEADERS:
        match = LINE.match(data, at, end)
        if match:
            value = match.group(2)
            value = value.strip()
            if b"\n" in value or b"\r" in value:
                value = FOLD.sub(b" ", value)
            fields.append((match.group(1).decode("ascii").lower(), value))
        elif data.startswith((b"From ", b">From "), at):
            match = TO_LINE_END.match(data, at, end)  # the separator of an mbox file
        if not match:
            break
        at = match.end()
    gap = EMPTY_LINE.match(data, at, end)
    return Headers(tuple(fields)), gap.end() if gap else at, gap is not None or at >= end


def as_text(name: str, value: bytes) -> str:
    """A header's value as text: 8-bit bytes guessed, encoded words decoded, control characters turned into spaces."""
    value = value[: MAX_LONG if name in LONG else MAX_VALUE]
    text = decode_words(value.decode("ascii") if value.isascii() else decode(value))
    return text if text.isprintable() else CONTROL.sub(" ", text).strip()


def decode_words(text: str) -> str:
    """Encoded words (RFC 2047) anywhere, also inside quotes and glued to text; undecodable ones stay as they are."""
    if "=?" not in text:
        return text
    text = BETWEEN_WORDS.sub(r"\1", text)
    pieces: list[str] = []
    pending: list[tuple[str, bytes]] = []  # neighbours of one charset: a character may be split between two words
    at = 0
    for match in WORD.finditer(text):
        if match.start() > at:
            pieces += [*_flush(pending), text[at : match.start()]]
        label, how, payload = match.groups()
        data = _word_bytes(how, payload) if lookup(label) or label.isascii() else None
        if data is None:
            pieces += [*_flush(pending), match.group()]
        else:
            pending.append((label.lower(), data))
        at = match.end()
    return tidy("".join([*pieces, *_flush(pending), text[at:]]))


def _flush(pending: list[tuple[str, bytes]]) -> list[str]:
    done: list[str] = []
    while pending:
        label = pending[0][0]
        run = [data for other, data in pending if other == label]
        if len(run) < len(pending):  # mixed charsets: take the neighbours of the same one only
            run = []
            while pending and pending[0][0] == label:
                run.append(pending.pop(0)[1])
        else:
            pending.clear()
        done.append(decode(b"".join(run), label))
    return done


def _word_bytes(how: str, payload: str) -> bytes | None:
    try:
        if how in "bB":
            clean = payload.replace(" ", "").rstrip("=")
            return binascii.a2b_base64(clean[: len(clean) - (len(clean) % 4 == 1)] + "===")
        plain = payload.replace("_", " ").encode("latin-1")
    except (binascii.Error, ValueError):
        return None
    return HEX.sub(lambda found: bytes.fromhex(found.group(1).decode("ascii")), plain)
