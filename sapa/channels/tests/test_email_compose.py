"""Writing mail: what was put in is what comes out at the other end, and nothing can be smuggled into a header."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sapa.channels.email.address import Address
from sapa.channels.email.compose import Unsendable, compose
from sapa.channels.email.mail import Attachment, AutomaticKind, OutgoingMail
from sapa.channels.email.parse import parse
from sapa.channels.email.threading import new_message_id, reply_address, search_for
from sapa.channels.tests.samples import PNG

MAIL = OutgoingMail(
    message_id="1@toko.id",
    from_=Address("halo@toko.id", "Toko Nusantara"),
    to=(Address("dan@x.id", "Dan"),),
    subject="Re: Pesanan 12",
    text="Sudah dikirim.",
    date=datetime(2026, 11, 21, 3, tzinfo=UTC),
)
words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=120)
lines = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), max_size=300)
addresses = st.builds(
    Address, st.sampled_from(["a@x.id", "b.c+d@xn--mnchen-3ya.de", "O'Neil@x.id", '"a b"@x.id']), words
)


def squeezed(text: str) -> str:
    return " ".join(text.split())


@settings(max_examples=200)
@given(
    subject=words,
    text=lines,
    sender=addresses,
    to=st.lists(addresses, min_size=1, max_size=5, unique_by=lambda item: item.email),
    html=st.one_of(st.just(""), lines.map(lambda inner: f"<p>{inner}</p>")),
    files=st.lists(
        st.builds(
            Attachment,
            words,
            st.sampled_from(["image/png", "text/csv", "x", "application/pdf"]),
            st.binary(max_size=200),
        ),
        max_size=3,
    ),
)
def test_what_is_written_is_read_again(
    subject: str, text: str, sender: Address, to: list[Address], html: str, files: list[Attachment]
) -> None:
    raw = compose(
        replace(MAIL, subject=subject, text=text, html=html, from_=sender, to=tuple(to), attachments=tuple(files))
    )
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert raw.isascii()
    found = parse(raw)
    assert squeezed(found.subject) == squeezed(subject)
    assert found.from_.email == sender.email
    assert [item.email for item in found.to] == [item.email for item in to]
    assert [item.content for item in found.attachments] == [item.content for item in files]
    assert found.date == MAIL.date
    if text.strip() or not html:
        assert found.text.strip("\n") == (text.strip("\n") if text.strip() else "")
    if html:
        assert found.html.strip("\n") == html.strip("\n")


@given(name=words.filter(lambda name: name.strip()))
def test_names_survive(name: str) -> None:
    found = parse(compose(replace(MAIL, to=(Address("dan@x.id", name),)))).to[0]
    assert found.email == "dan@x.id"
    if not set(name) & set("\"'\\,"):
        assert squeezed(found.name) == squeezed(name)


@pytest.mark.parametrize(
    "evil",
    [
        "a\r\nBcc: korban@x.id",
        "a\nBcc: korban@x.id",
        "a\rBcc: korban@x.id",
        "a\u2028Bcc: k@x.id",
        "a\x0bBcc: k@x.id",
        "a\x85Bcc: k",
    ],
)
def test_no_header_can_be_smuggled_in(evil: str) -> None:
    raw = compose(
        replace(
            MAIL, subject=evil, from_=Address("halo@toko.id", evil), to=(Address("dan@x.id", evil),), headers=(("X-Sapa", evil),),
            in_reply_to=evil, references=(evil,), attachments=(Attachment(evil, evil, b"x", evil),),
        )
    )  # fmt: skip
    names = [line.partition(b":")[0].lower() for line in raw.split(b"\r\n\r\n")[0].split(b"\r\n")]
    assert b"bcc" not in names
    assert b"\nBcc" not in raw
    assert b"\rBcc" not in raw
    assert b"in-reply-to" not in names


@pytest.mark.parametrize("email", ["", "dan", "dan@x.id>\r\nBcc: k@x.id", "dän@x.id", "a@x.id, b@x.id"])
def test_address_that_cannot_be_mailed_is_refused_with_a_sentence(email: str) -> None:
    with pytest.raises(Unsendable) as refused:
        compose(replace(MAIL, to=(Address(email),)))
    assert refused.value.reason.endswith(".")


def test_headers_of_the_frame_cannot_be_set_by_hand() -> None:
    with pytest.raises(Unsendable):
        compose(replace(MAIL, headers=(("Bcc", "k@x.id"),)))


def test_answer_is_threaded_and_carries_its_token() -> None:
    answer = replace(
        MAIL, message_id=new_message_id("toko.id"), in_reply_to="q@x.id", references=("a@x.id",),
        reply_to=Address(reply_address("halo@toko.id", 42), "Toko"),
    )  # fmt: skip
    found = parse(compose(answer))
    assert found.in_reply_to == ("q@x.id",)
    assert found.references == ("a@x.id", "q@x.id")
    back = parse(compose(replace(MAIL, to=found.reply_to)))
    assert search_for(back).conversation_ids == (42,)


def test_automatic_answer_says_so_and_our_own_mail_is_known_again() -> None:
    raw = compose(replace(MAIL, message_id=new_message_id("toko.id"), in_reply_to="q@x.id", automatic=True))
    kinds = [
        found.automatic.kind if found.automatic else None for found in (parse(raw), parse(raw, own_domains=["toko.id"]))
    ]
    assert kinds == [AutomaticKind.AUTO_REPLY, AutomaticKind.OWN]


def test_inline_picture_travels_beside_its_html() -> None:
    picture = Attachment("foto.png", "image/png", PNG, "foto@1", inline=True)
    faktur = Attachment("faktur.pdf", "application/pdf", b"%PDF")
    raw = compose(replace(MAIL, html='<img src="cid:foto@1">', attachments=(picture, faktur)))
    assert parse(raw).attachments == (picture, faktur)
    assert raw.index(b"multipart/mixed") < raw.index(b"multipart/alternative") < raw.index(b"multipart/related")
