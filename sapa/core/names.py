"""Names and types of files that strangers give us: cleaned, and read from the content instead of believed."""

import mimetypes
import re
import unicodedata

import filetype

LONGEST = 180  # characters; a file system allows 255 bytes
_NEVER = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\/]+')
_TEXT = {".txt": "text/plain", ".csv": "text/csv", ".md": "text/plain", ".log": "text/plain", ".ics": "text/calendar",
         ".vcf": "text/vcard", ".json": "application/json", ".xml": "application/xml", ".html": "text/html",
         ".htm": "text/html", ".svg": "image/svg+xml", ".eml": "message/rfc822"}  # fmt: skip
_ZIPPED = re.compile(r"\.(docx|xlsx|pptx|odt|ods|odp|epub)$", re.IGNORECASE)
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def clean_name(name: str, fallback: str = "file") -> str:
    """A harmless file name: no folders, no control or direction-changing characters, no leading dot, not too long."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    # Cf are marks such as RIGHT-TO-LEFT OVERRIDE, which make «gpj.exe» read «exe.jpg»; Cs and Co cannot be shown.
    name = "".join(char for char in name if unicodedata.category(char) not in ("Cf", "Cs", "Co", "Cn"))
    name = " ".join(_NEVER.sub(" ", name).split()).lstrip(".").strip(" .")
    if not name:
        return fallback
    stem, dot, ending = name.rpartition(".")
    if len(name) <= LONGEST:
        return name
    return f"{stem[: LONGEST - 21]}{dot}{ending[:20]}" if dot else name[:LONGEST]


def sniffed_type(content: bytes, name: str) -> str:
    """The type of a file by what is in it; the name only tells texts and zipped office files apart."""
    guessed = filetype.guess(content[:8192])
    if guessed is not None:
        mime = str(guessed.mime)
        if mime == "application/zip" and _ZIPPED.search(name):
            return mimetypes.guess_type(name)[0] or mime
        return mime
    ending = name[name.rfind(".") :].lower() if "." in name else ""
    return _TEXT.get(ending, "text/plain") if _is_text(content) else "application/octet-stream"


def _is_text(content: bytes, looked_at: int = 8192) -> bool:
    start = content[:looked_at]
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        # The last character of what we look at may have been cut in two.
        return len(content) > looked_at and error.start > looked_at - 4
    return b"\0" not in start
