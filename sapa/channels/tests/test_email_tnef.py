"""winmail.dat: what Outlook packs is unpacked; what lies about its sizes is left alone, soon."""

import random
import struct
import time

from sapa.channels.email.tnef import unwrap
from sapa.channels.tests.samples import WINMAIL, tnef_object, winmail


def text_property(name: int, text: str) -> bytes:
    data = text.encode("utf-16-le") + b"\x00\x00"
    return struct.pack("<HHII", 0x001F, name, 1, len(data)) + data + b"\x00" * (-len(data) % 4)


def binary_property(name: int, data: bytes, kind: int = 0x0102) -> bytes:
    return struct.pack("<HHII", kind, name, 1, len(data)) + data + b"\x00" * (-len(data) % 4)


def property_list(*properties: bytes) -> bytes:
    return struct.pack("<I", len(properties)) + b"".join(properties)


RICH = winmail(
    tnef_object(1, 0x9007, 6, struct.pack("<II", 1252, 0)),
    tnef_object(1, 0x9003, 6, property_list(binary_property(0x1013, b"<p>halo \xe9</p>"))),
    tnef_object(2, 0x9002, 6, b"\x00" * 14),
    tnef_object(2, 0x8010, 1, b"FAKTUR~1.PDF\x00"),
    tnef_object(2, 0x800F, 6, b"%PDF\x00\x00"),
    tnef_object(
        2, 0x9005, 6, property_list(text_property(0x3707, "faktur lengkap.pdf"), text_property(0x3712, "<foto@1>"))
    ),
)


def test_long_names_and_html_are_found() -> None:
    found = unwrap(RICH)
    assert found is not None
    assert "<p>halo é</p>" in found.html
    assert [(item.name, item.content, item.content_id) for item in found.attachments] == [
        ("faktur lengkap.pdf", b"%PDF\x00\x00", "foto@1")
    ]
    assert found.complete


def test_embedded_message_is_left_out_and_told() -> None:
    inner = b"\x07\x03\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46" + WINMAIL
    found = unwrap(
        winmail(
            tnef_object(2, 0x9002, 6, b""),
            tnef_object(2, 0x9005, 6, property_list(binary_property(0x3701, inner, 0x000D))),
        )
    )
    assert found is not None
    assert not found.complete


def test_damaged_files_never_break_nor_hang_the_reader() -> None:
    chance = random.Random(7)
    began = time.process_time()
    for sample in [WINMAIL, RICH] * 1_500:
        data = bytearray(sample)
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(6, len(data))
            data[at : at + chance.choice([1, 2, 4])] = bytes(
                chance.choice([0, 1, 0x10, 0x7F, 0xFF, chance.randrange(256)]) for _ in range(chance.choice([1, 2, 4]))
            )
        found = unwrap(bytes(data[: chance.randint(6, len(data) * 3)]))
        if found:
            (found.text + found.html + "".join(item.name for item in found.attachments)).encode("utf-8")
    assert time.process_time() - began < 20
