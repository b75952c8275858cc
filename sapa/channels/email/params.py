"""Content-Type and Content-Disposition: the value and its parameters, RFC 2231 and the habits of mailers alike."""

import re
from urllib.parse import unquote_to_bytes

from sapa.channels.email.charset import decode, lookup
from sapa.channels.email.headers import decode_words

MAX_LENGTH = 16_000  # characters of one header looked at
MAX_PARAMS = 200
PARAM = re.compile(r";\s*([^\s=;\"]+)\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^;]*)", re.DOTALL)
SEGMENT = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?")
ESCAPED = re.compile(r"\\([\\\"])")


def parse_params(raw: bytes) -> tuple[str, dict[str, str]]:
    """`text/plain; charset=utf-8` → `("text/plain", {"charset": "utf-8"})`; the value in lower case, the first of doubles wins."""
    text = decode(raw[:MAX_LENGTH])
    value = text.partition(";")[0].strip().lower()
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for number, match in enumerate(PARAM.finditer(text)):
        if number >= MAX_PARAMS:
            break
        name, given = match.group(1).lower(), match.group(2).strip()
        if len(given) >= 2 and given[0] == given[-1] == '"':
            given = ESCAPED.sub(r"\1", given[1:-1])
        segment = SEGMENT.fullmatch(name) if "*" in name else None
        if segment:
            base, index, encoded = segment.groups()
            pieces.setdefault(base, []).append((int(index or 0), bool(encoded), given))
        else:
            plain.setdefault(name, decode_words(given))
    for name, segments in pieces.items():
        plain[name] = _joined(segments)  # the extended form is the more faithful one
    return value, plain


def _joined(segments: list[tuple[int, bool, str]]) -> str:
    """The value of a parameter given in numbered or percent-encoded segments."""
    segments.sort(key=lambda segment: segment[0])
    label = ""
    data = b""
    for position, (_, encoded, text) in enumerate(segments):
        if encoded and position == 0 and text.count("'") >= 2:
            label, _, text = text.split("'", 2)
        data += unquote_to_bytes(text) if encoded else text.encode("utf-8", "replace")
    return decode(data, label if lookup(label) else "utf-8")
