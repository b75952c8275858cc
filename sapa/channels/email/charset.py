"""Bytes to text whatever the mail claims about its charset: UTF-8 first, then what was declared, then Windows-1252."""

import codecs
import re
from functools import lru_cache

ENOUGH = 20  # non-ASCII bytes below which a guess is worse than Windows-1252
SAMPLE = 4_000  # bytes looked at when the charset has to be guessed

# Labels that lie or that Python does not know. A superset takes the place of a set that mailers outgrow.
SUPERSETS = {
    "iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932",
    "euc_kr": "cp949", "tis-620": "cp874", "tis_620": "cp874", "iso8859-11": "cp874", "big5": "cp950",
}  # fmt: skip
ALIASES = {
    "x-gbk": "gb18030", "x-sjis": "cp932", "windows-31j": "cp932", "ks_c_5601": "cp949", "unicode-1-1-utf-7": "utf-7",
    "utf8mb4": "utf-8", "x-mac-roman": "mac-roman", "iso-8859-8-i": "iso8859-8", "iso-8859-6-i": "iso8859-6",
    "windows-874": "cp874", "windows-949": "cp949", "x-euc-jp": "euc_jp", "unicode": "utf-16",
}  # fmt: skip
# Python codecs that are no charset of any mail; some of them are slow on purpose-made input.
REFUSED = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "unicode-escape", "raw-unicode-escape", "undefined",
           "mbcs", "oem", "rot13", "rot-13"}  # fmt: skip
SURROGATES = re.compile("[\ud800-\udfff]")


def decode(data: bytes | memoryview, declared: str = "", *, guess: bool = False) -> str:
    """Text of `data`; never fails, never holds NUL or lone surrogates. Line ends stay as they are.

    With `guess` the charset of unlabelled text is guessed from its letters, which takes some milliseconds.
    """
    data = bytes(data)
    codec = lookup(declared)
    if codec and is_not_ascii_based(codec):
        return tidy(_declared_first(data, codec))
    if data.isascii():
        return tidy(data.decode("ascii"))
    try:
        return tidy(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        pass
    if codec and codec != "utf-8":
        try:
            return tidy(data.decode(codec))
        except UnicodeDecodeError:
            if codec != "cp1252":
                return tidy(data.decode(codec, "replace"))
    if codec == "utf-8" and _is_damaged_utf8(data):
        return tidy(data.decode("utf-8", "replace"))
    return tidy(_guess(data) if guess else data.decode("cp1252", "replace"))


@lru_cache(maxsize=256)
def lookup(label: str) -> str:
    """Python's name of the charset that `label` most likely means, or an empty text."""
    label = label.strip().strip("\"'").lower()[:40].replace("\x00", "")
    if not label.isascii() or not label:
        return ""
    try:
        name = codecs.lookup(ALIASES.get(label, label))
    except (LookupError, ValueError):
        return ""
    if name.name in REFUSED or not getattr(name, "_is_text_encoding", True):
        return ""
    return SUPERSETS.get(name.name, name.name)


def is_not_ascii_based(codec: str) -> bool:
    """Whether pure ASCII bytes mean something else in this charset, so that it must be tried before UTF-8."""
    return codec.startswith(("iso2022", "utf-16", "utf-32", "utf-7", "hz", "cp037", "cp500", "cp1140"))


def tidy(text: str) -> str:
    """The text without NUL and lone surrogates, neither of which the database can hold."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    return text if text.isascii() else SURROGATES.sub("\ufffd", text)


def _declared_first(data: bytes, codec: str) -> str:
    for attempt in (codec, "utf-8"):
        try:
            return data.decode(attempt)
        except UnicodeError:
            continue
    return data.decode(codec, "replace")


def _is_damaged_utf8(data: bytes) -> bool:
    """Whether most of the non-ASCII bytes still form valid UTF-8, as when one byte was lost on the way."""
    text = data[:SAMPLE].decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return sum(not c.isascii() for c in text) - broken > broken


def _guess(data: bytes) -> str:
    sample = data[:SAMPLE]
    high = sum(byte > 127 for byte in sample)
    if high * 10 <= len(sample) * 3 or high < ENOUGH:
        try:
            return data.decode("cp1252")
        except UnicodeDecodeError:
            pass
    # Imported here: it costs 20 ms and 5 MB, and hardly any mail comes this far.
    from charset_normalizer import from_bytes

    best = from_bytes(sample, steps=2, threshold=0.3).best()
    return data.decode(lookup(best.encoding) if best else "cp1252", "replace")
