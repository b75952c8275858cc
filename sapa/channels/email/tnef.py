"""winmail.dat (TNEF): the files and the body inside, with time and size bounded.

The library decodes, but it loops as often as a number in the file says (four thousand million times, if it says so) and
follows embedded messages without a limit. So the file is walked here first and only sound objects are handed on.
"""

import struct
from dataclasses import dataclass, field

from tnefparse import TNEF
from tnefparse.mapi import (
    GUID_EXISTS_FLAG,
    IMESSAGE_SIG,
    MULTI_VALUE_FLAG,
    SZMAPI_BINARY,
    SZMAPI_BOOLEAN,
    SZMAPI_OBJECT,
    SZMAPI_SHORT,
    SZMAPI_STRING,
    SZMAPI_UNICODE_STRING,
    SZMAPI_UNSPECIFIED,
)
from tnefparse.properties import MAPI_ATTACH_CONTENT_ID, MAPI_ATTACH_DATA_OBJ, MAPI_ATTACH_MIME_TAG
from tnefparse.tnef import TNEFAttachment

from sapa.channels.email.charset import decode, tidy
from sapa.channels.email.mail import Attachment

MAX_COPIED = 2_000_000_000  # bytes: the library copies the rest of the file for every object
MAX_FILES = 200
FILE_HEADER = 6  # bytes before the first object
OBJECT = struct.Struct("<BHHI")
TWO_SHORTS = struct.Struct("<HH")
LONG = struct.Struct("<I")
# Recipients, dates and the like are left out: the mail itself has them.
WANTED = {
    TNEF.ATTOEMCODEPAGE, TNEF.ATTMAPIPROPS, TNEF.ATTBODY, TNEF.ATTATTACHRENDDATA, TNEF.ATTATTACHTITLE,
    TNEF.ATTATTACHDATA, TNEF.ATTATTACHMENT,
}  # fmt: skip
FIXED = {SZMAPI_SHORT: 2, SZMAPI_BOOLEAN: 2, 0x0003: 4, 0x0004: 4, 0x000A: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x0014: 8,
         0x0040: 8, 0x0048: 16}  # fmt: skip
SIZED = {SZMAPI_STRING, SZMAPI_UNICODE_STRING, SZMAPI_OBJECT, SZMAPI_BINARY, SZMAPI_UNSPECIFIED}
BROKEN = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    NameError,
    ArithmeticError,
    AssertionError,
    struct.error,
    RecursionError,
)


@dataclass(slots=True)
class Unwrapped:
    """What a winmail.dat held; `complete` is false when something in it had to be left out."""

    text: str = ""
    html: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    complete: bool = True


def unwrap(data: bytes) -> Unwrapped | None:
    """The content of a winmail.dat, or None when it is none or holds nothing that can be read."""
    sound, complete = _sound_objects(data)
    if not sound:
        return None
    try:
        opened = TNEF(sound, do_checksum=False)
        found = Unwrapped(
            _text(opened.body, opened.codepage), _text(opened.htmlbody, opened.codepage), complete=complete
        )
        for item in opened.attachments[:MAX_FILES]:
            _add_file(found, item)
    except BROKEN:
        return None
    return found


def _text(value: bytes | str | list[bytes] | None, codepage: str | None) -> str:
    if isinstance(value, list):
        value = b"".join(value)
    return tidy(value) if isinstance(value, str) else decode(value or b"", codepage or "cp1252")


def _add_file(found: Unwrapped, item: TNEFAttachment) -> None:
    props = {prop.name: prop.data for prop in item.mapi_attrs}
    try:
        name = item.long_filename()
    except UnicodeDecodeError:
        name = decode(item._name)
    kind = str(props.get(MAPI_ATTACH_MIME_TAG) or "application/octet-stream").lower()
    if isinstance(item.data, bytes) and item.data:
        content_id = str(props.get(MAPI_ATTACH_CONTENT_ID) or "").strip("<>")
        found.attachments.append(Attachment(tidy(str(name)), tidy(kind)[:127], item.data, tidy(content_id)[:255]))
    else:
        found.complete = False


def _sound_objects(data: bytes) -> tuple[bytes, bool]:
    """The file with its wanted and sound objects only, and whether nothing of interest was left out."""
    if len(data) < FILE_HEADER or data[:4] != LONG.pack(TNEF.TNEF_SIGNATURE):
        return b"", False
    kept, at, complete = [data[:FILE_HEADER]], FILE_HEADER, True
    copied = len(data)
    while at + OBJECT.size + 2 < len(data) and copied < MAX_COPIED:
        _level, name, _kind, length = OBJECT.unpack_from(data, at)
        end = at + OBJECT.size + length + 2
        if end > len(data):
            complete = False
            break
        if name in WANTED:
            is_mapi = name in {TNEF.ATTMAPIPROPS, TNEF.ATTATTACHMENT}
            if not is_mapi or _is_sound(data, at + OBJECT.size, end - 2):
                kept.append(data[at:end])
                copied += len(data) - at
            else:
                complete = False
        at = end
    return b"".join(kept), complete


def _is_sound(data: bytes, at: int, end: int) -> bool:
    """Whether every count and length of a MAPI property list stays inside it, and no message is embedded."""
    try:
        (properties,) = LONG.unpack_from(data, at)
        at += 4
        for _number in range(properties):
            if at + 4 > end:
                return False
            kind, name = TWO_SHORTS.unpack_from(data, at)
            at = _skip_name(data, at + 4) if name >= GUID_EXISTS_FLAG else at + 4
            values = 1
            if kind & MULTI_VALUE_FLAG:
                (values,) = LONG.unpack_from(data, at)
                at += 4
            at = _skip_values(data, at, end, kind, values, is_object=name == MAPI_ATTACH_DATA_OBJ)
            if at > end:
                return False
    except struct.error:
        return False
    return True


def _skip_name(data: bytes, at: int) -> int:
    kind, length = struct.unpack_from("<II", data, at + 16)
    return at + 24 if kind == 0 else at + 24 + length + -length % 4


def _skip_values(data: bytes, at: int, end: int, kind: int, values: int, *, is_object: bool) -> int:
    plain = kind & ~MULTI_VALUE_FLAG
    if plain in FIXED:
        at += FIXED[plain] * values
        return at + 2 if FIXED[plain] == 2 and values % 2 else at
    if plain not in SIZED:
        return end + 1
    if not kind & MULTI_VALUE_FLAG:
        (values,) = LONG.unpack_from(data, at)
        at += 4
    for _number in range(values):
        if at + 4 > end:
            return end + 1
        (length,) = LONG.unpack_from(data, at)
        if is_object and data.startswith(IMESSAGE_SIG, at + 4):
            return end + 1
        at += 4 + length + -length % 4
    return at
