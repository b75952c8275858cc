"""Which conversation a mail belongs to: by ids and signed tokens, never by the subject, never by an empty id."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pytest_django import Settings

from sapa.channels.email.address import Address
from sapa.channels.email.mail import Bounce, ParsedMail
from sapa.channels.email.threading import (
    By,
    Match,
    decide,
    is_own_id,
    message_ids,
    new_message_id,
    references_for,
    reply_address,
    search_for,
    sign,
    verify,
)

ids = st.from_regex(r"[a-z0-9]{1,8}@[a-z]{1,6}\.id", fullmatch=True)


def a_mail(
    *,
    in_reply_to: tuple[str, ...] = (),
    references: tuple[str, ...] = (),
    to: str = "halo@toko.id",
    bounce: Bounce | None = None,
) -> ParsedMail:
    return ParsedMail(
        message_id="baru@x.id", digest="", subject="Re: Pesanan 12", in_reply_to=in_reply_to, references=references,
        to=(Address(to),), bounce=bounce,
    )  # fmt: skip


def test_in_reply_to_comes_before_references_and_the_newest_reference_first() -> None:
    search = search_for(a_mail(in_reply_to=("b@x",), references=("a@x", "b@x", "c@x")))
    assert search.ids == ("b@x", "c@x", "a@x")
    assert decide(search, messages={"a@x": 1, "c@x": 3}, conversations=()) == Match(3, By.REFERENCES, "c@x")


def test_token_is_the_last_resort_and_needs_a_conversation() -> None:
    search = search_for(a_mail(in_reply_to=("b@x",), to=reply_address("halo@toko.id", 7)))
    assert decide(search, messages={"b@x": 2}, conversations={7}) == Match(2, By.IN_REPLY_TO, "b@x")
    assert decide(search, messages={}, conversations={7}) == Match(7, By.TOKEN)
    assert decide(search, messages={}, conversations={8}) is None


def test_token_of_the_envelope_counts() -> None:
    assert search_for(a_mail(), envelope_to=[reply_address("halo@toko.id", 9).upper()]).conversation_ids == (9,)


def test_bounce_belongs_to_the_mail_that_bounced() -> None:
    report = Bounce("sent@toko.id", "b@x.id", "5.1.1", True, "")
    assert search_for(a_mail(bounce=report, references=("a@x",))).outside_ids[0] == (By.BOUNCE, "sent@toko.id")


def test_same_subject_alone_finds_nothing() -> None:
    assert decide(search_for(a_mail()), messages={"": 1, "Re: Pesanan 12": 2}, conversations={1, 2}) is None


@given(
    in_reply_to=st.lists(st.one_of(ids, st.just("")), max_size=5),
    references=st.lists(st.one_of(ids, st.just("")), max_size=20),
    known=st.dictionaries(st.one_of(ids, st.just("")), st.integers(1, 99)),
)
def test_only_an_id_that_the_mail_names_decides(
    in_reply_to: list[str], references: list[str], known: dict[str, int]
) -> None:
    search = search_for(a_mail(in_reply_to=tuple(in_reply_to), references=tuple(references)))
    found = decide(search, messages=known, conversations=())
    wanted = [item for item in [*in_reply_to, *reversed(references)] if item]
    expected = next((known[item] for item in wanted if item in known), None)
    assert (found.conversation_id if found else None) == expected
    assert "" not in search.ids


@given(st.integers(1, 2**62), st.data())
def test_token_names_its_conversation_and_no_changed_token_does(number: int, data: st.DataObject) -> None:
    token = sign(number)
    assert verify(token) == verify(token.upper()) == number
    assert len(token) <= 30
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789-"))
    changed = token[:at] + other + token[at + 1 :]
    assume(changed != token)
    assert verify(changed) is None


@given(st.text(max_size=60))
def test_no_text_breaks_the_check_of_a_token(text: str) -> None:
    assert verify(text) is None


def test_token_of_the_previous_key_still_counts(settings: Settings) -> None:
    token, old = sign(5), settings.SECRET_KEY
    settings.SECRET_KEY = "another-key-another-key-another-key-another"
    assert verify(token) is None
    settings.SECRET_KEY_FALLBACKS = [old]
    assert verify(token) == 5


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("<a@x> <b@x>", ("a@x", "b@x")),
        ("<a@x><a@x>", ("a@x",)),
        ("<>", ()),
        ("", ()),
        ("<  >", ()),
        ("<sangat-panjang\t lipat@x>", ("sangat-panjanglipat@x",)),
        ("a@x", ("a@x",)),
        ('Your message of "Sat" <a@x>', ("a@x",)),
        ("<a b", ()),
        (f"<{'a' * 2000}@x>", ()),
    ],
)
def test_ids_are_taken_from_headers(header: str, expected: tuple[str, ...]) -> None:
    assert message_ids(header) == expected


def test_our_ids_are_new_and_known_again() -> None:
    first, second = new_message_id("toko.id"), new_message_id("toko.id")
    assert first != second
    assert is_own_id(first, ["TOKO.id"])
    assert not is_own_id(first, ["lain.id"])
    assert not is_own_id("dan@toko.id", ["toko.id"])


def test_references_keep_the_first_and_the_newest() -> None:
    chain = references_for([f"{n}@x" for n in range(100)], "baru@x")
    assert len(chain) == 30
    assert (chain[0], chain[-2], chain[-1]) == ("0@x", "99@x", "baru@x")
