"""Addresses: what mailers write, one normal form, and who gets a reply to all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapa.channels.email.address import (
    Address,
    is_own,
    normal,
    parse_addresses,
    readable,
    reply_all,
    token_of,
    with_token,
)

OWN = ("halo@toko.id", "retur@toko.id")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dan@example.id", [("dan@example.id", "")]),
        ("Dan <DAN@Example.ID>", [("DAN@example.id", "Dan")]),
        ('"Wijaya, Dan" <dan@x.id>, budi@x.id', [("dan@x.id", "Wijaya, Dan"), ("budi@x.id", "")]),
        ("Wijaya, Dan <dan@x.id>", [("dan@x.id", "Wijaya, Dan")]),
        ("dan@x.id (Dan (rumah) Wijaya)", [("dan@x.id", "Dan (rumah) Wijaya")]),
        ("Tim: a@x.id, B <b@x.id>;, c@x.id", [("a@x.id", ""), ("b@x.id", "B"), ("c@x.id", "")]),
        ("undisclosed-recipients:;", []),
        ("<@relay.id,@lain.id:dan@x.id>", [("dan@x.id", "")]),
        ('"dan"@x.id', [("dan@x.id", "")]),
        ('"dan wijaya"@x.id', [('"dan wijaya"@x.id', "")]),
        ("Dan <dan@münchen.de>", [("dan@xn--mnchen-3ya.de", "Dan")]),
        ("'Dan' <dan@x.id>", [("dan@x.id", "Dan")]),
        ("<mailto:dan@x.id>", [("dan@x.id", "")]),
        ("a@x.id; b@x.id", [("a@x.id", ""), ("b@x.id", "")]),
        ("a@x.id b@x.id", [("a@x.id", "b@x.id")]),
        ("=?utf-8?q?evil=40bad.id=2C_x?= <dan@x.id>", [("dan@x.id", "evil@bad.id, x")]),
        ("=?utf-8?q?Dan_(rumah),_W?= <dan@x.id>", [("dan@x.id", "Dan (rumah), W")]),
        ('"=?utf-8?b?RMOkbg==?=" <dan@x.id>', [("dan@x.id", "Dän")]),
        ('<"dan wijaya"@x.id>', [('"dan wijaya"@x.id', "")]),
        ("<dan wijaya@x.id>", []),
        ("<dan @ x .id>", [("dan@x.id", "")]),
        ("<a@x.id> <b@x.id>", [("a@x.id", ""), ("b@x.id", "")]),
        ('"tanpa akhir <dan@x.id>', [("dan@x.id", "tanpa akhir")]),
        ("dan@[192.0.2.1]", [("dan@[192.0.2.1]", "")]),
        ("dan@", []),
        ("@x.id", []),
        ("dan@@x.id", []),
        ("a@b@x.id", []),
        ("dan @x.id", []),
        ('"evil@bad.id" <dan@x.id>', [("dan@x.id", "evil@bad.id")]),
        ("evil@bad.id <dan@x.id>", [("dan@x.id", "evil@bad.id")]),
    ],
)
def test_addresses_are_read(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(item.email, item.name) for item in parse_addresses(text)] == expected


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader_and_what_it_finds_is_normal(text: str) -> None:
    for item in parse_addresses(text):
        assert normal(item.email) == item.email
        assert "\n" not in item.name
        assert "\x00" not in item.name


@given(st.text(alphabet='ab@.,;:<>()"\\ \n=?x', max_size=200))
def test_no_heap_of_separators_breaks_the_reader(text: str) -> None:
    for item in parse_addresses(text):
        assert normal(item.email) == item.email


@given(st.emails())
def test_every_valid_address_survives(email: str) -> None:
    form = normal(email)
    if form:
        assert normal(form) == form
        assert parse_addresses(f"Nama <{form}>")[0].email == form
        assert normal(readable(form)) == form


def test_reply_all_goes_to_the_customer_and_copies_the_others() -> None:
    found = reply_all(
        sender=Address("dan@x.id", "Dan"),
        to=[Address("Halo@Toko.id"), Address("budi@y.id")],
        cc=[Address("retur+r.abc@toko.id"), Address("DAN@x.id"), Address("budi@y.id")],
        own=OWN,
    )
    assert found.to == (Address("dan@x.id", "Dan"),)
    assert found.cc == (Address("budi@y.id"),)


def test_reply_to_wins_over_from_unless_it_is_our_own() -> None:
    def to(reply_to: str) -> tuple[Address, ...]:
        return reply_all(sender=Address("dan@x.id"), reply_to=[Address(reply_to)], own=OWN).to

    assert to("budi@x.id") == (Address("budi@x.id"),)
    assert to("halo@toko.id") == (Address("dan@x.id"),)


addresses = st.builds(
    Address, st.sampled_from(["halo@toko.id", "HALO@toko.id", "halo+r.1-a@toko.id", "a@x.id", "A@x.id", "b@x.id", ""])
)


@given(
    sender=addresses,
    reply_to=st.lists(addresses, max_size=4),
    to=st.lists(addresses, max_size=6),
    cc=st.lists(addresses, max_size=6),
)
def test_the_desk_never_mails_itself_nor_anybody_twice(
    sender: Address, reply_to: list[Address], to: list[Address], cc: list[Address]
) -> None:
    found = reply_all(sender=sender, reply_to=reply_to, to=to, cc=cc, own=OWN)
    everyone = [*found.to, *found.cc]
    assert not any(is_own(item, OWN) for item in everyone)
    assert all(item.email for item in everyone)
    assert len({item.key for item in everyone}) == len(everyone)
    assert found.to or not found.cc


def test_token_is_put_in_and_found_again_in_any_case() -> None:
    assert with_token("halo@toko.id", "2n-abc") == "halo+r.2n-abc@toko.id"
    assert token_of("HALO+R.2N-ABC@toko.id") == "2n-abc"
    assert token_of("halo+promo@toko.id") == ""
    assert with_token(f"{'a' * 60}@toko.id", "2n-abc") == f"{'a' * 60}@toko.id"
