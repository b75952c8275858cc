"""Machines, lists, loops and bounces are known, and people are not taken for them."""

import pytest

from sapa.channels.email.automatic import may_be_answered
from sapa.channels.email.mail import AutomaticKind, Bounce
from sapa.channels.email.parse import parse
from sapa.channels.tests.samples import DSN_HEAD, HEAD, SAMPLES, mail, part, parts

OWN = ("halo@toko.id",)


def kind(raw: bytes, *own_domains: str) -> AutomaticKind | None:
    found = parse(raw, own_domains=own_domains).automatic
    return found.kind if found else None


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"Auto-Submitted: auto-replied", AutomaticKind.AUTO_REPLY),
        (b"Auto-Submitted: Auto-Replied (vacation); x=y", AutomaticKind.AUTO_REPLY),
        (b"Auto-Submitted: auto-generated", AutomaticKind.GENERATED),
        (b"Auto-Submitted: no", None),
        (b"X-Autoreply: yes", AutomaticKind.AUTO_REPLY),
        (b"Precedence: auto_reply", AutomaticKind.AUTO_REPLY),
        (b"Precedence: bulk", AutomaticKind.BULK),
        (b"Precedence: list", AutomaticKind.LIST),
        (b"List-Id: <a.toko.id>", AutomaticKind.LIST),
        (b"List-Unsubscribe: <https://x.id>", AutomaticKind.BULK),
        (b"X-Auto-Response-Suppress: All", None),
        (b"X-Mailer: sesuatu", None),
    ],
)
def test_headers_tell_machines(header: bytes, expected: AutomaticKind | None) -> None:
    assert kind(mail(b"isi", "text/plain", header)) == expected


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        (b"MAILER-DAEMON@x.id", AutomaticKind.BOUNCE),
        (b"no-reply@x.id", AutomaticKind.GENERATED),
        (b"noreply+12@x.id", AutomaticKind.GENERATED),
        (b"bounces+12-abc@x.id", AutomaticKind.GENERATED),
        (b"noreen@x.id", None),
        (b"bouncestore@x.id", None),
    ],
)
def test_senders_tell_machines(sender: bytes, expected: AutomaticKind | None) -> None:
    assert kind(b"From: " + sender + b"\r\nSubject: x\r\n\r\nisi") == expected


def test_empty_return_path_and_absence_notes_are_known() -> None:
    assert kind(b"Return-Path: <>\r\nFrom: a@x.id\r\n\r\nx") == AutomaticKind.GENERATED
    assert kind(b"From: a@x.id\r\nSubject: Balasan otomatis: Pesanan\r\n\r\nx") == AutomaticKind.AUTO_REPLY
    assert kind(b"From: a@x.id\r\nSubject: Automobil saya\r\n\r\nx") is None


def test_our_own_mail_that_comes_back_is_known_by_its_id() -> None:
    raw = b"From: a@x.id\r\nMessage-ID: <0197a1b2c3d.0123456789abcdef0123@toko.id>\r\n\r\nx"
    assert kind(raw, "toko.id") == AutomaticKind.OWN
    assert kind(raw, "lain.id") is None


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (SAMPLES["plain"], True),
        (SAMPLES["vacation"], False),
        (SAMPLES["list"], False),
        (SAMPLES["dsn"], False),
        (mail(b"x", "text/plain", b"X-Auto-Response-Suppress: DR, OOF"), False),
        (mail(b"x", "text/plain", b"Reply-To: halo+r.1-a@toko.id"), False),
        (b"From: halo@toko.id\r\n\r\nx", False),
        (b"Subject: x\r\n\r\nx", False),
    ],
)
def test_only_people_are_answered_by_machines(raw: bytes, expected: bool) -> None:
    assert may_be_answered(parse(raw), own=OWN) is expected


@pytest.mark.parametrize(
    ("name", "message_id", "status", "start"),
    [
        ("dsn", "sent-7@toko.id", "5.1.1", "The address does not exist. «550 5.1.1 <budi@example.id>: user unknown»"),
        ("exim", "sent-8@toko.id", "5.2.2", "The mailbox is full. «host mx.example.id"),
        ("qmail", "sent-9@toko.id", "5.1.1", "The address does not exist. «Sorry, no mailbox"),
    ],
)
def test_bounce_names_mail_recipient_and_reason(name: str, message_id: str, status: str, start: str) -> None:
    found = parse(SAMPLES[name])
    assert found.bounce is not None
    assert (found.bounce.message_id, found.bounce.recipient) == (message_id, "budi@example.id")
    assert (found.bounce.status, found.bounce.permanent, found.bounce.delivered) == (status, True, False)
    assert found.bounce.reason.startswith(start)
    assert found.automatic is not None
    assert found.automatic.kind == AutomaticKind.BOUNCE


def dsn(status: bytes) -> Bounce:
    raw = DSN_HEAD + parts(
        "report",
        part(b"laporan", "text/plain"),
        part(b"Reporting-MTA: dns; mx\r\n\r\n" + status, "message/delivery-status"),
        part(b"Message-ID: <sent-7@toko.id>\r\n", "text/rfc822-headers"),
        parameters="; report-type=delivery-status",
    )
    found = parse(raw).bounce
    assert found is not None
    return found


def test_delay_is_passing_and_success_is_no_failure() -> None:
    delayed = dsn(b"Final-Recipient: rfc822; b@x.id\r\nAction: delayed\r\nStatus: 4.4.1\r\n")
    assert (delayed.permanent, delayed.delivered, delayed.message_id) == (False, False, "sent-7@toko.id")
    relayed = dsn(b"Final-Recipient: rfc822; b@x.id\r\nAction: relayed\r\nStatus: 2.1.9\r\n")
    assert (relayed.permanent, relayed.delivered) == (False, True)


def test_the_failed_recipient_is_told_among_the_delivered() -> None:
    found = dsn(
        b"Final-Recipient: rfc822; a@x.id\r\nAction: delivered\r\nStatus: 2.0.0\r\n\r\n"
        b"Final-Recipient: rfc822; b@x.id\r\nAction: failed\r\nStatus: 5.7.1\r\n"
    )
    assert (found.recipient, found.permanent) == ("b@x.id", True)


def test_read_receipts_and_people_who_quote_errors_are_no_bounces() -> None:
    assert parse(SAMPLES["read_receipt"]).bounce is None
    assert parse(HEAD + b"\r\nSaya dapat: delivery failed 550 5.1.1").bounce is None
