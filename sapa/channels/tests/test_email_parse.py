"""Reading mail: what people and mailers send, as it should be read."""

from sapa.channels.email.parse import parse


def test_plain_mail_is_read_whole() -> None:
    mail = parse(
        b"From: Dan <dan@example.id>\r\nTo: Toko <halo@toko.id>\r\nSubject: Pesanan 12\r\nMessage-ID: <1@example.id>\r\n"
        b"In-Reply-To: <0@toko.id>\r\nReferences: <a@toko.id>\r\n <0@toko.id>\r\n"
        b"Date: Sat, 21 Nov 2026 10:00:00 +0700\r\n\r\nSelamat pagi\r\n"
    )
    assert (mail.from_.email, mail.from_.name, mail.to[0].email) == ("dan@example.id", "Dan", "halo@toko.id")
    assert (mail.subject, mail.text, mail.html) == ("Pesanan 12", "Selamat pagi", "")
    assert (mail.message_id, mail.in_reply_to, mail.references) == (
        "1@example.id",
        ("0@toko.id",),
        ("a@toko.id", "0@toko.id"),
    )
    assert mail.date is not None
    assert mail.date.isoformat() == "2026-11-21T03:00:00+00:00"
    assert (mail.problems, mail.automatic, mail.bounce) == ((), None, None)
