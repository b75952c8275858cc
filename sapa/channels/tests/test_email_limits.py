"""Mail that is too large, too deep or made to be slow: refused with a reason or read within bounds."""

import os
import time
import tracemalloc
from base64 import encodebytes
from datetime import UTC, datetime

import pytest

from sapa.channels.email.mail import Unreadable
from sapa.channels.email.parse import parse
from sapa.channels.tests.samples import HEAD, part, parts

SECONDS = 4.0  # generous: these take well under one on a quiet machine
ENDLESS_ZONE = (
    b"BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nDTSTART:00010101T000000\r\nRRULE:FREQ=SECONDLY\r\n"
    b"TZOFFSETFROM:+0700\r\nTZOFFSETTO:+0700\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n"
    b"DTSTART;TZID=X:20260101T100000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
END = b"\r\n\r\nx"
ADDRESSED = b"From: a@x.id\r\nTo: "


def seconds(raw: bytes) -> float:
    began = time.process_time()
    parse(raw)
    return time.process_time() - began


@pytest.mark.parametrize(
    "line", [b"X-A: " + b"a" * 10_000_000, b"X-A: " + b"a\r\n " * 3_000_000, b"X: a\r\n" * 200_000]
)
def test_headers_beyond_a_megabyte_are_refused_fast(line: bytes) -> None:
    began = time.process_time()
    with pytest.raises(Unreadable) as refused:
        parse(b"From: a@x.id\r\n" + line + END)
    assert "headers" in refused.value.reason
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize(
    "raw",
    [
        ADDRESSED + b'"' + b'\\"' * 400_000 + END,
        ADDRESSED + b"a," * 400_000 + END,
        ADDRESSED + b"<" * 800_000 + END,
        ADDRESSED + b"(" * 800_000 + END,
        ADDRESSED + b"x@y.id\r\nSubject: " + b"=?utf-8?q?a?= " * 50_000 + END,
        ADDRESSED + b"x@y.id\r\nContent-Type: text/plain" + b';a="' * 200_000 + END,
        HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--bx\r\n" * 1_000_000,
        HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 190_000,
        HEAD + b"Content-Type: text/html\r\n\r\n" + b"<font color=red>" * 20_000 + b"</div>" * 40_000,
        HEAD + b"Content-Type: message/delivery-status\r\n\r\n" + b"sampah\n" * 500_000,
        HEAD + b"".join(b"X-%d: " % n + bytes(range(128, 256)) + b"\r\n" for n in range(4_000)) + b"\r\nx",
        HEAD + b"Content-Type: text/calendar\r\n\r\n" + ENDLESS_ZONE,
        HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"> a \r\n" * 100_000,
    ],
    ids=[
        "quotes",
        "commas",
        "angles",
        "parens",
        "words",
        "parameters",
        "boundaries",
        "divs",
        "fonts",
        "report",
        "charsets",
        "zone",
        "flowed",
    ],
)
def test_mail_made_to_be_slow_is_read_in_time(raw: bytes) -> None:
    assert seconds(raw) < SECONDS


def test_parts_nested_deeper_than_fifty_are_kept_as_one() -> None:
    deep = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(2_000))
    found = parse(HEAD + deep + b"\r\nhalo")
    assert any("too deep" in problem for problem in found.problems)
    assert "halo" in found.text


def test_more_than_a_thousand_parts_are_bounded_and_nothing_is_lost() -> None:
    many = HEAD + parts("mixed", *(part(f"bagian {n}".encode(), "text/plain") for n in range(1_500)))
    found = parse(many)
    assert any("too many parts" in problem for problem in found.problems)
    assert "bagian 1499" in found.text


def test_a_thousand_recipients_are_kept_and_more_than_two_thousand_bounded() -> None:
    def addressed(count: int) -> bytes:
        return b"From: a@x.id\r\nTo: " + b",\r\n ".join(b"Orang <u%d@x.id>" % n for n in range(count)) + END

    assert len(parse(addressed(1_000)).to) == 1_000
    crowded = parse(addressed(3_000))
    assert len(crowded.to) == 2_000
    assert crowded.problems


def test_attachment_of_25_megabytes_takes_no_more_than_twice_its_memory() -> None:
    content = os.urandom(25_000_000)
    raw = HEAD + parts(
        "mixed",
        part(b"terlampir", "text/plain"),
        part(encodebytes(content), "application/pdf", b"Content-Transfer-Encoding: base64"),
    )
    tracemalloc.start()
    try:
        found = parse(raw)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.attachments[0].content == content
    assert peak < 2 * len(raw)


def test_long_body_is_cut_and_kept_whole_as_a_file() -> None:
    found = parse(HEAD + b"\r\n" + b"halo dunia\r\n" * 200_000)
    assert len(found.text) <= 1_000_000
    assert len(found.attachments[0].content) == 12 * 200_000


def test_zone_that_the_invitation_defines_is_not_evaluated_but_its_offset_counts() -> None:
    found = parse(HEAD + b"Content-Type: text/calendar\r\n\r\n" + ENDLESS_ZONE).calendar
    assert found is not None
    assert found.starts_at == datetime(2026, 1, 1, 3, tzinfo=UTC)


def test_encrypted_mail_says_so() -> None:
    assert "encrypted" in parse(HEAD + b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\n\r\nx").problems[0]
