"""Mail that is too large, too deep or made to be slow: refused with a reason or read within bounds."""

import os
import time
import tracemalloc
from base64 import encodebytes

import pytest

from sapa.channels.email.mail import Unreadable
from sapa.channels.email.parse import parse
from sapa.channels.tests.samples import HEAD, part, parts

SECONDS = 4.0  # generous: these take well under one on a quiet machine
ADDRESSED = b"From: a@x.id\r\nTo: "


def seconds(raw: bytes) -> float:
    began = time.perf_counter()
    parse(raw)
    return time.perf_counter() - began


@pytest.mark.parametrize(
    "line", [b"X-A: " + b"a" * 10_000_000, b"X-A: " + b"a\r\n " * 3_000_000, b"X: a\r\n" * 200_000]
)
def test_headers_beyond_a_megabyte_are_refused_fast(line: bytes) -> None:
    began = time.perf_counter()
    with pytest.raises(Unreadable) as refused:
        parse(b"From: a@x.id\r\n" + line + b"\r\n\r\nx")
    assert "headers" in refused.value.reason
    assert time.perf_counter() - began < SECONDS


@pytest.mark.parametrize(
    "raw",
    [
        ADDRESSED + b'"' + b'\\"' * 400_000 + b"\r\n\r\nx",
        ADDRESSED + b"a," * 400_000 + b"\r\n\r\nx",
        ADDRESSED + b"<" * 800_000 + b"\r\n\r\nx",
        ADDRESSED + b"(" * 800_000 + b"\r\n\r\nx",
        ADDRESSED + b"x@y.id\r\nSubject: " + b"=?utf-8?q?a?= " * 50_000 + b"\r\n\r\nx",
        ADDRESSED + b"x@y.id\r\nContent-Type: text/plain" + b';a="' * 200_000 + b"\r\n\r\nx",
        HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--bx\r\n" * 1_000_000,
        HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 190_000,
        HEAD + b"Content-Type: text/html\r\n\r\n" + b"<font color=red>" * 20_000 + b"</div>" * 40_000,
        HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"> a \r\n" * 100_000,
    ],
    ids=["quotes", "commas", "angles", "parens", "words", "parameters", "boundaries", "divs", "fonts", "flowed"],
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
        return b"From: a@x.id\r\nTo: " + b",\r\n ".join(b"Orang <u%d@x.id>" % n for n in range(count)) + b"\r\n\r\nx"

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
