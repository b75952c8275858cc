"""Mail servers deliver by LMTP and SMTP."""

import smtplib
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection

from conftest import World
from sapa.channels.email import directory, intake, session
from sapa.channels.email.lmtp import Listener
from sapa.channels.email.models import IncomingMail
from sapa.channels.email.threading import reply_address

CONTENT = b"From: dan@customer.example\r\nTo: support@shop.example\r\nSubject: Hello\r\n\r\nHello\r\n.dot\r\n"


@pytest.fixture
def door(lasting_world: World) -> Iterator[Listener]:
    """A listener on a free port."""
    directory._known = directory.Directory()
    listener = Listener("127.0.0.1", 0, timeout=5, most=5)
    listener.start()
    yield listener
    listener.stop()
    connection.close()


def lmtp(door: Listener) -> smtplib.LMTP:
    return smtplib.LMTP("127.0.0.1", door.port, timeout=10)


def raw(door: Listener) -> SimpleNamespace:
    """A connection on which a test says every byte itself."""
    sock = socket.create_connection(("127.0.0.1", door.port), timeout=10)
    file = sock.makefile("rb")
    ends = ExitStack()
    ends.callback(sock.close)
    ends.callback(file.close)
    return SimpleNamespace(say=sock.sendall, hear=file.readline, close=ends.close)


def test_an_accepted_mail_is_kept_as_it_came(door: Listener) -> None:
    with lmtp(door) as client:
        client.sendmail("dan@customer.example", ["support@shop.example"], CONTENT)
    row = IncomingMail.objects.get()
    assert (bytes(row.content or b""), row.mail_from, row.recipients) == (
        CONTENT,
        "dan@customer.example",
        ["support@shop.example"],
    )


def test_plain_smtp_is_spoken_on_the_same_port(door: Listener) -> None:
    with smtplib.SMTP("127.0.0.1", door.port, timeout=10) as client:
        assert client.sendmail("dan@customer.example", ["support@shop.example", "billing@shop.example"], CONTENT) == {}
    assert IncomingMail.objects.get().recipients == ["support@shop.example", "billing@shop.example"]


def test_size_and_pipelining_are_announced(door: Listener, settings: SimpleNamespace) -> None:
    with lmtp(door) as client:
        client.ehlo()
        assert client.esmtp_features["size"] == str(settings.MAIL_LIMIT)
        assert client.has_extn("pipelining")


def test_every_recipient_gets_its_own_answer(door: Listener, lasting_world: World) -> None:
    token = reply_address("support@shop.example", 7)
    with lmtp(door) as client:
        client.ehlo()
        client.mail("<>")
        answers = [
            client.rcpt(a)[0] for a in ("support@shop.example", "nobody@shop.example", token, "SUPPORT+x@Shop.example")
        ]
        assert answers == [250, 550, 250, 250]
        client.putcmd("data")
        assert client.getreply()[0] == 354
        client.send(CONTENT + b".\r\n")
        assert [client.getreply()[0] for _ in range(3)] == [250, 250, 250]
    assert IncomingMail.objects.get().mail_from == ""


def test_an_inactive_inbox_takes_no_mail_and_a_new_alias_does_at_once(door: Listener, lasting_world: World) -> None:
    with lmtp(door) as client:
        client.ehlo()
        client.mail("a@b.example")
        assert client.rcpt("billing@shop.example")[0] == 250
        lasting_world.billing.is_active = False
        lasting_world.billing.save()
        lasting_world.support.address = "help@shop.example"
        lasting_world.support.save()
        threading.Event().wait(directory.AGAIN_SECONDS + 0.05)
        assert client.rcpt("help@shop.example")[0] == 250
        assert client.rcpt("billing@shop.example")[0] == 550


def test_pipelined_commands_are_answered_in_order(door: Listener) -> None:
    line = raw(door)
    line.say(
        b"LHLO me\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<support@shop.example>\r\nRCPT TO:<no@shop.example>\r\nDATA\r\n"
    )
    line.say(
        CONTENT.replace(b".dot", b"..dot")
        + b".\r\nMAIL FROM:<c@b.example>\r\nRCPT TO:<support@shop.example>\r\nDATA\r\n.\r\nQUIT\r\n"
    )
    answers = []
    while answer := line.hear():
        if answer[3:4] == b" ":
            answers.append(int(answer[:3]))
    line.close()
    assert answers == [220, 250, 250, 250, 550, 354, 250, 250, 250, 354, 250, 221]
    assert sorted(IncomingMail.objects.values_list("size", flat=True)) == [0, len(CONTENT)]


def test_a_mail_over_the_limit_is_refused_for_each_recipient(door: Listener, settings: SimpleNamespace) -> None:
    settings.MAIL_LIMIT = 100_000
    with lmtp(door) as client:
        client.ehlo()
        assert client.docmd("MAIL FROM:<a@b.example> SIZE=200000")[0] == 552
        client.mail("a@b.example")
        client.rcpt("support@shop.example")
        client.rcpt("billing@shop.example")
        client.putcmd("data")
        client.getreply()
        client.send(b"x" * 300_000 + b"\r\n.\r\n")
        assert [client.getreply()[0] for _ in range(2)] == [552, 552]
        assert client.noop()[0] == 250
    assert door.in_hand == 0


def test_a_thousand_recipients_are_bounded(door: Listener) -> None:
    with lmtp(door) as client:
        client.ehlo()
        client.mail("a@b.example")
        answers = [client.rcpt(f"support+{n}@shop.example")[0] for n in range(1_002)]
    assert answers == [250] * 1_000 + [452] * 2


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), OperationalError("the database is away")])
def test_a_full_disk_or_a_lost_database_means_try_later(
    door: Listener, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def refuse(mails: object) -> int:
        raise fault

    monkeypatch.setattr(intake, "keep", refuse)
    with lmtp(door) as client, pytest.raises(smtplib.SMTPDataError) as refused:
        client.sendmail("dan@customer.example", ["support@shop.example"], CONTENT)
    assert refused.value.smtp_code == 452


def test_too_little_room_is_told_before_the_content_is_sent(door: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "FREE_DISK", 10**18)
    with lmtp(door) as client, pytest.raises(smtplib.SMTPDataError) as refused:
        client.sendmail("dan@customer.example", ["support@shop.example"], CONTENT)
    assert refused.value.smtp_code == 452


def test_a_silent_client_is_cut_off_and_others_go_on(lasting_world: World) -> None:
    directory._known = directory.Directory()
    door = Listener("127.0.0.1", 0, timeout=0.5)
    door.start()
    silent = raw(door)
    silent.say(b"LHLO me\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<support@shop.example>\r\nDATA\r\nhalf a ma")
    with lmtp(door) as client:
        client.sendmail("dan@customer.example", ["support@shop.example"], CONTENT)
    while silent.hear():
        pass
    silent.close()
    door.stop()
    assert IncomingMail.objects.count() == 1
    assert door.in_hand == 0


def test_connections_are_capped(door: Listener) -> None:
    lines = [raw(door) for _ in range(6)]
    greetings = [line.hear()[:3] for line in lines]
    for line in lines:
        line.close()
    assert greetings == [b"220"] * 5 + [b"421"]


def test_hundreds_of_mails_at_once_share_commits(door: Listener) -> None:
    def deliver() -> None:
        with lmtp(door) as client:
            for _ in range(50):
                client.sendmail("dan@customer.example", ["support@shop.example"], CONTENT)

    clients = [threading.Thread(target=deliver) for _ in range(4)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert IncomingMail.objects.count() == 200


def test_hostile_lines_do_no_harm(door: Listener) -> None:
    line = raw(door)
    line.say(
        b"LHLO \xff\xfe\r\n"
        + b"A" * 200_000
        + b"\r\nMAIL FROM:<\x00@x>\r\nRCPT\r\nDATA now\r\nSTARTTLS\r\nAUTH PLAIN x\r\n"
    )
    line.say(
        b"LHLO me\r\nMAIL FROM:<\xc3\xa9@b.example>\r\nRCPT TO:<support@shop.example>\r\nDATA\r\n\x00\xff\r\n.\r\nQUIT\r\n"
    )
    while line.hear():
        pass
    line.close()
    with lmtp(door) as client:
        client.sendmail("dan@customer.example", ["support@shop.example"], CONTENT)
    assert IncomingMail.objects.filter(content=CONTENT).count() == 1
