"""Bytes become text whatever the mail claims; encoded words and parameters come apart and together again."""

from email.header import Header
from email.utils import encode_rfc2231

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapa.channels.email.charset import decode, lookup
from sapa.channels.email.headers import decode_words
from sapa.channels.email.params import parse_params

letters = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=80)
LABELS = [
    "utf-8",
    "us-ascii",
    "iso-8859-1",
    "x-unknown",
    "",
    "utf-16",
    "utf-7",
    "iso-2022-jp",
    "idna",
    "zlib",
    "\x00",
    "unicode_escape",
    "big5",
    "cp037",
    "é",
]


@given(st.binary(max_size=400), st.sampled_from(LABELS))
def test_no_bytes_and_no_label_break_it(data: bytes, label: str) -> None:
    text = decode(data, label)
    assert "\x00" not in text
    text.encode("utf-8")


@given(letters, st.sampled_from(["utf-8", "us-ascii", "iso-8859-1", "x-unknown", "", "windows-1252", "big5", "utf8"]))
def test_utf_8_is_read_whatever_the_label_says(text: str, label: str) -> None:
    assert decode(text.encode("utf-8"), label) == text.removeprefix("\ufeff")


@given(
    st.text(st.characters(codec="cp1252", exclude_characters="\x00\x81\x8d\x8f\x90\x9d"), min_size=1, max_size=60),
    st.sampled_from(["iso-8859-1", "us-ascii", "windows-1252", "latin1"]),
)
def test_western_text_is_read_under_its_many_labels(text: str, label: str) -> None:
    data = text.encode("cp1252")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        assert decode(data, label) == text


@pytest.mark.parametrize(
    "label",
    ["idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "rot13", "zlib", "base64", "hex", "mbcs"],
)
def test_codecs_that_are_no_charset_are_refused(label: str) -> None:
    assert lookup(label) == ""


@given(letters)
def test_encoded_words_are_read_again(text: str) -> None:
    encoded = Header(text, "utf-8", maxlinelen=75).encode()
    assert " ".join(decode_words(encoded).split()) == " ".join(text.split())


@given(st.text(alphabet="=?utf-8bBqQ_ aé\r\n.", max_size=120))
def test_no_heap_of_marks_breaks_the_reader_of_words(text: str) -> None:
    decode_words(text).encode("utf-8")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=?utf-8?q?a=C3?= =?utf-8?q?=A4b?=", "aäb"),
        ("=?utf-8?Q?a_b?= c =?utf-8?B?ZA==?=", "a b c d"),
        ("=?utf-8*id?q?halo?=", "halo"),
        ("pre=?utf-8?q?x?=post", "prexpost"),
        ("=?utf-8?b?ZGFu?=", "dan"),
        ("=?utf-8?b?ZGF?=", "da"),
        ("=?x-aneh?q?a=E9?=", "aé"),
        ("=?utf-8?q?a b?=", "a b"),
        ("=?utf-8?z?a?=", "=?utf-8?z?a?="),
        ("biasa = saja?", "biasa = saja?"),
    ],
)
def test_broken_words_are_read_as_far_as_they_can_be(text: str, expected: str) -> None:
    assert decode_words(text) == expected


@given(letters)
def test_extended_parameters_are_read_again(text: str) -> None:
    raw = f"attachment; filename*={encode_rfc2231(text, 'utf-8')}".encode()
    assert parse_params(raw)[1]["filename"] == text.removeprefix("\ufeff")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"a; filename=polos.pdf", "polos.pdf"),
        (b'a; filename="a;b.pdf"', "a;b.pdf"),
        (b'a; filename="a\\"b.pdf"', 'a"b.pdf'),
        (b"a; filename*=iso-8859-1''f%FCr", "für"),
        (b"a; filename*0=satu; filename*1=dua", "satudua"),
        (b"a; filename*1=dua; filename*0=satu", "satudua"),
        (b"a; filename*0*=utf-8''f%C3; filename*1*=%BCr", "für"),
        (b"a; filename=polos; filename*=utf-8''lebih%20baik", "lebih baik"),
        (b"a; filename*=\"utf-8''f%C3%BCr\"", "für"),
        (b"a; filename=f\xc3\xbcr", "für"),
        (b"a; FileName = x", "x"),
        (b"a; filename*=tanpa%20charset", "tanpa charset"),
    ],
)
def test_parameters_are_read(raw: bytes, expected: str) -> None:
    assert parse_params(raw)[1]["filename"] == expected


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader_of_parameters(raw: bytes) -> None:
    parse_params(raw)
