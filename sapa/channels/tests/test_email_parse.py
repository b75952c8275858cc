"""Reading mail: what people and mailers send, as it should be read."""

from datetime import UTC, datetime

import pytest

from sapa.channels.email.mail import ParsedMail, Unreadable
from sapa.channels.email.parse import parse
from sapa.channels.tests.samples import HEAD, ICS, PNG, SAMPLES, encoded, mail, part, parts, tnef_object, winmail


def read(name: str) -> ParsedMail:
    return parse(SAMPLES[name])


def test_plain_mail_is_read_whole() -> None:
    found = parse(
        b"From: Dan <dan@example.id>\r\nTo: Toko <halo@toko.id>\r\nSubject: Pesanan 12\r\nMessage-ID: <1@example.id>\r\n"
        b"In-Reply-To: <0@toko.id>\r\nReferences: <a@toko.id>\r\n <0@toko.id>\r\n"
        b"Date: Sat, 21 Nov 2026 10:00:00 +0700\r\n\r\nSelamat pagi\r\n"
    )
    assert (found.from_.email, found.from_.name, found.to[0].email) == ("dan@example.id", "Dan", "halo@toko.id")
    assert (found.subject, found.text, found.html) == ("Pesanan 12", "Selamat pagi", "")
    assert (found.message_id, found.in_reply_to) == ("1@example.id", ("0@toko.id",))
    assert found.references == ("a@toko.id", "0@toko.id")
    assert found.date == datetime(2026, 11, 21, 3, tzinfo=UTC)
    assert (found.problems, found.automatic, found.bounce) == ((), None, None)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("latin1", "Grüße aus Köln"),
        ("wrong_charset", "Déjà vu €"),
        ("unknown_charset", "Selamat pagi ✓"),
        ("iso2022jp", "こんにちは"),
        ("gb2312", "您好，我的订单"),
        ("utf16", "halo €"),
        ("damaged_base64", "Halo, pesanan sa"),
        ("damaged_qp", "Halo ä =ZZ lanjut"),
        ("nul_bytes", "halo"),
        ("mbox", "halo"),
        ("uuencode", "halo"),
        ("html_only", "Halo,\n\npesanan 12?"),
        ("alternative", "teks"),
        ("apple_pieces", "satu\n\ndua"),
        ("no_closing_boundary", "halo\n\ndua"),
        ("wrong_boundary", "halo"),
        ("nested", "teruskan"),
        ("winmail", "Isi dari Outlook"),
    ],
)
def test_text_is_read_right(name: str, text: str) -> None:
    assert read(name).text.strip("\r\n/ ").replace("\r\n", "\n") == text


def test_unlabelled_cyrillic_is_guessed() -> None:
    assert read("koi8_unlabelled").text.startswith("Здравствуйте, где мой заказ")


def test_eight_bit_and_broken_headers_are_read() -> None:
    found = read("eight_bit_headers")
    assert (found.from_.name, found.subject, found.to[0].email) == ("Dän", "Grüße", "halo@toko.id")
    assert read("broken_words").subject.startswith("aä")


def test_missing_message_id_falls_back_to_the_digest() -> None:
    found = read("no_message_id")
    assert found.message_id == ""
    assert found.outside_id == f"sha256:{found.digest}"
    assert parse(SAMPLES["no_message_id"]).outside_id == found.outside_id


def test_the_first_of_two_message_ids_counts() -> None:
    assert parse(b"Message-ID: <a@x.id>\r\nMessage-ID: <b@x.id>\r\nFrom: a@x.id\r\n\r\nx").message_id == "a@x.id"


def test_inline_image_is_marked_and_keeps_its_bytes() -> None:
    picture = read("inline_image").attachments[0]
    assert (picture.name, picture.content_id, picture.inline, picture.content) == ("foto.png", "foto@1", True, PNG)


def test_picture_that_the_html_does_not_show_is_a_plain_attachment() -> None:
    raw = HEAD + parts("mixed", part(b"<p>x</p>", "text/html"), encoded(PNG, "image/png", b"Content-ID: <a@1>"))
    assert not parse(raw).attachments[0].inline


@pytest.mark.parametrize(("name", "expected"), [("attachment_2231", "bukti bäyar.pdf"), ("attachment_2047", "für.doc")])
def test_encoded_file_names_are_read(name: str, expected: str) -> None:
    assert read(name).attachments[0].name == expected


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        (r"C:\Users\dan\a.txt", "a.txt"),
        ("a\u202egpj.exe", "a_gpj.exe"),
        ("..", "attachment-1.pdf"),
        ("a" * 400 + ".pdf", "a" * 189 + ".pdf"),
    ],
)
def test_file_names_are_made_safe(given: str, safe: str) -> None:
    header = f'Content-Disposition: attachment; filename="{given.replace(chr(92), chr(92) * 2)}"'.encode()
    assert parse(HEAD + parts("mixed", encoded(b"x", "application/pdf", header))).attachments[0].name == safe


def test_winmail_is_unwrapped() -> None:
    found = read("winmail")
    assert [(item.name, item.content) for item in found.attachments] == [("faktur.pdf", b"%PDF-1.4 faktur")]
    assert found.problems == ()


def test_winmail_that_lies_about_counts_is_attached_as_it_came() -> None:
    liar = winmail(tnef_object(1, 0x9003, 6, b"\xff\xff\xff\x7f" + b"\x02\x10\x01\x00\xff\xff\xff\x7f" * 3))
    found = parse(HEAD + parts("mixed", encoded(liar, "application/ms-tnef; name=winmail.dat")))
    assert [item.name for item in found.attachments] == ["winmail.dat"]
    assert "winmail.dat" in found.problems[0]


def test_nested_mail_is_kept_as_a_file_named_after_its_subject() -> None:
    item = read("nested").attachments[0]
    assert (item.name, item.content_type) == ("Pesanan 12.eml", "message/rfc822")
    assert parse(item.content).text == "isi dalam"
    assert [item.content_type for item in read("digest").attachments] == ["message/rfc822"] * 2


def test_invitation_is_summed_up_and_kept() -> None:
    found = read("calendar")
    assert found.calendar is not None
    assert (found.calendar.summary, found.calendar.method) == ("Rapat pengiriman", "REQUEST")
    assert found.calendar.starts_at == datetime(2026, 11, 25, 3, tzinfo=UTC)
    assert found.calendar.organizer == "dan@example.id"
    assert found.attachments[0].content.strip() == ICS.strip()


@pytest.mark.parametrize(
    "date",
    [
        "Mon, 1 Jan 1601 00:00:00 +0000",
        "Sat, 1 Jan 2099 00:00:00 +0000",
        "kemarin",
        "99 Foo 20 99:99",
        "Mon, 1 Jan 2024 00:00:00 +9999999",
    ],
)
def test_absurd_date_is_none(date: str) -> None:
    found = parse(f"From: a@x.id\r\nDate: {date}\r\n\r\nx".encode())
    assert found.date is None
    assert found.problems


def test_missing_sender_is_replaced_and_told() -> None:
    assert parse(b"From: undisclosed\r\nSender: dan@example.id\r\n\r\nx").from_.email == "dan@example.id"
    nobody = parse(b"From: <>\r\nSubject: x\r\n\r\nx")
    assert nobody.from_.email == ""
    assert nobody.problems


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\n\r\n", b"\x00\x00", b"bukan surat sama sekali"])
def test_what_is_no_mail_is_refused_with_a_sentence(raw: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        parse(raw)
    assert refused.value.reason.endswith(".")


def test_flowed_text_is_joined() -> None:
    found = parse(mail(b"satu \r\ndua\r\n> tiga \r\n> empat\r\n-- \r\nDan", "text/plain; format=flowed"))
    assert found.text == "satu dua\n> tiga empat\n-- \nDan"


def test_headers_folded_to_hide_others_stay_one_header() -> None:
    found = parse(b"From: a@x.id\r\nSubject: satu\r\n Bcc: korban@x.id\r\n\tdua\r\n\r\nx")
    assert found.subject == "satu Bcc: korban@x.id dua"
    assert found.header("bcc") == ""


def test_encoded_words_cannot_smuggle_line_breaks() -> None:
    found = parse(b"From: a@x.id\r\nSubject: =?utf-8?q?a=0D=0ABcc:_korban@x.id?=\r\n\r\nx")
    assert "\n" not in found.subject
    assert "\r" not in found.subject
