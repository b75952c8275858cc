"""Mail is fetched from a real Dovecot."""

import shutil
import socket
import time
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest
from imapclient.exceptions import IMAPClientError

from conftest import World
from sapa.channels.email.actions import MailboxSecret, change_mailbox, remove_mailbox
from sapa.channels.email.imap import fetch, progress
from sapa.channels.email.imap.client import Client
from sapa.channels.email.imap.fetchers import Fetchers
from sapa.channels.email.models import IncomingMail, Mailbox
from sapa.channels.email.read import Reader
from sapa.channels.tests.dovecot import PASSWORD, PROGRAM, Dovecot, mail
from sapa.channels.tests.fetching import QUICK, fetching, is_idle, kept, mailbox_at, soon
from sapa.conversations.models import Message
from sapa.core import clock

pytestmark = [
    pytest.mark.dovecot,
    pytest.mark.skipif(PROGRAM is None, reason="Debian's dovecot-imapd is not installed"),
]


def test_new_mail_is_fetched_within_two_seconds(lasting_world: World, dovecot: Dovecot) -> None:
    mailbox = mailbox_at(dovecot, lasting_world.support)
    with fetching():
        soon(lambda: is_idle(mailbox))
        time.sleep(0.5)  # let it begin to IDLE
        for number in (1, 2, 3):
            dovecot.deliver(mailbox.user, mail(f"order {number}"))
            assert soon(lambda: kept() == number) < 2  # noqa: B023
    incoming = IncomingMail.objects.latest("id")
    assert incoming.inbox == lasting_world.support
    assert b"order 3" in bytes(incoming.content or b"")
    assert incoming.source.startswith(f"imap:{mailbox.pk}:")
    assert dovecot.flags(mailbox.user) == [f"{number} (FLAGS (\\Recent))" for number in (1, 2, 3)]  # as if unseen


def test_server_without_idle_is_polled(lasting_world: World) -> None:
    server = Dovecot(idle=False)
    try:
        server.start()
        mailbox = mailbox_at(server, lasting_world.support, port=server.imap, security="plain")
        with fetching():
            soon(lambda: is_idle(mailbox))
            server.deliver(mailbox.user, mail("polled"))
            assert soon(lambda: kept() == 1) < 2
    finally:
        server.remove()


def test_several_mailboxes_and_folders_go_to_their_inboxes(lasting_world: World, dovecot: Dovecot) -> None:
    inbox = mailbox_at(dovecot, lasting_world.support)
    dovecot.append(inbox.user, "Pesanan", mail("in a folder"))
    mailbox_at(dovecot, lasting_world.support, folder="Pesanan", security="starttls", port=dovecot.imap)
    mailbox_at(dovecot, lasting_world.billing)
    dovecot.deliver("billing@shop.example", mail("a bill"))
    dovecot.deliver("support@shop.example", mail("a question"))
    with fetching():
        soon(lambda: kept() == 3)
    by_inbox = sorted(IncomingMail.objects.values_list("inbox__name", flat=True))
    assert by_inbox == ["Billing", "Support", "Support"]


def test_old_mail_is_left_alone(lasting_world: World, dovecot: Dovecot) -> None:
    dovecot.deliver("support@shop.example", mail("old"))
    mailbox = mailbox_at(dovecot, lasting_world.support, since=clock.now() + timedelta(seconds=2))
    with fetching():
        soon(lambda: is_idle(mailbox))
        time.sleep(3.1)  # servers keep whole seconds
        dovecot.deliver(mailbox.user, mail("new"))
        soon(lambda: kept() == 1)
    assert b"new" in bytes(IncomingMail.objects.get().content or b"")


def test_large_folder_is_fetched_whole_and_in_order(lasting_world: World, dovecot: Dovecot) -> None:
    mailbox = mailbox_at(dovecot, lasting_world.support)
    dovecot.deliver(mailbox.user, *(mail(f"number {number}") for number in range(250)))
    with patch.object(fetch, "WINDOW", 40), fetching():
        soon(lambda: kept() == 250, seconds=30)
    uids = [
        int(source.rpartition(":")[2])
        for source in IncomingMail.objects.order_by("id").values_list("source", flat=True)
    ]
    assert uids == list(range(1, 251))


def test_renumbered_folder_is_fetched_again_from_its_start(lasting_world: World, dovecot: Dovecot) -> None:
    mailbox = mailbox_at(dovecot, lasting_world.support, folder="Orders")
    first, second = mail("first"), mail("second")
    dovecot.append(mailbox.user, "Orders", first)
    with fetching(replace(QUICK, idle=1)):
        soon(lambda: kept() == 1)
        old = Mailbox.objects.get().uid_validity
        time.sleep(1.1)  # Dovecot numbers by the second
        with dovecot.box(mailbox.user) as client:
            client.delete("Orders")
        dovecot.append(mailbox.user, "Orders", first, second)
        soon(lambda: kept() == 3)
    assert Mailbox.objects.get().uid_validity != old
    assert Mailbox.objects.get().last_uid == 2
    reader = Reader()
    while reader.step():
        pass
    assert Message.objects.filter(direction="in").count() == 2  # the first is known by its Message-ID


def test_server_that_restarts_in_mid_fetch_loses_nothing(lasting_world: World, dovecot: Dovecot) -> None:
    mailbox = mailbox_at(dovecot, lasting_world.support)
    dovecot.deliver(mailbox.user, *(mail(f"number {number}", size=40_000) for number in range(150)))
    with patch.object(fetch, "PIECE_MAILS", 3), fetching():
        for enough in (5, 50, 100):
            soon(lambda: kept() >= enough, seconds=30)  # noqa: B023
            dovecot.restart()
        soon(lambda: kept() >= 150, seconds=30)
        soon(lambda: is_idle(mailbox))
    assert kept() == 150


def test_mail_over_the_limit_is_kept_as_header_and_the_next_comes_in(
    lasting_world: World, dovecot: Dovecot, settings: object
) -> None:
    settings.MAIL_LIMIT = 1024 * 1024  # type: ignore[attr-defined]
    mailbox = mailbox_at(dovecot, lasting_world.support, afterwards="delete")
    dovecot.deliver(mailbox.user, mail("before"), mail("huge", size=2 * 1024 * 1024), mail("after"))
    with fetching():
        soon(lambda: kept() == 3)
        soon(lambda: len(dovecot.mails(mailbox.user)) == 1)
    huge = IncomingMail.objects.get(state="skipped")
    assert (huge.is_whole, huge.size > 2 * 1024 * 1024) == (False, True)
    assert b"Subject: huge" in bytes(huge.content or b"")
    assert huge.reason == "The mail has 3 MB, more than the 1 MB that are taken; only its header was kept."
    assert b"Subject: huge" in dovecot.mails(mailbox.user)[0]  # what is not kept whole is not deleted


@pytest.mark.parametrize("afterwards", ["seen", "move", "delete"])
def test_fetched_mail_is_put_away_as_wished(lasting_world: World, dovecot: Dovecot, afterwards: str) -> None:
    mailbox = mailbox_at(dovecot, lasting_world.support, afterwards=afterwards, move_to="Done" * (afterwards == "move"))
    with dovecot.box(mailbox.user) as client:
        client.create("Done")
    dovecot.deliver(mailbox.user, mail("one"), mail("two"))
    with fetching():
        soon(lambda: kept() == 2)
        soon(lambda: Mailbox.objects.get().done_uid == 2)
    assert len(dovecot.mails(mailbox.user)) == (2 if afterwards == "seen" else 0)
    assert len(dovecot.mails(mailbox.user, "Done")) == (2 if afterwards == "move" else 0)
    assert all("Seen" in line for line in dovecot.flags(mailbox.user))


def test_wrong_password_is_shown_and_mended_without_a_restart(lasting_world: World, dovecot: Dovecot) -> None:
    mailbox = mailbox_at(dovecot, lasting_world.support, secret=MailboxSecret(password="wrong"))
    other = mailbox_at(dovecot, lasting_world.billing)
    dovecot.deliver(mailbox.user, mail("waiting"))
    with fetching():
        soon(lambda: Mailbox.objects.get(pk=mailbox.pk).error)
        assert Mailbox.objects.get(pk=mailbox.pk).error == (
            "localhost refused the log-in of support@shop.example: [AUTHENTICATIONFAILED] Authentication failed."
        )
        soon(lambda: is_idle(other))
        change_mailbox(mailbox, by=None, secret=MailboxSecret(password=PASSWORD))
        soon(lambda: kept() == 1)
    assert Mailbox.objects.get(pk=mailbox.pk).error == ""


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"folder": "Nowhere"}, "The folder «Nowhere» cannot be opened"),
        ({"host": "127.0.0.1"}, "The certificate of 127.0.0.1 is not valid for it"),
        ({"host": "imap.invalid"}, "The mail server imap.invalid could not be found"),
        ({"port": 9}, "localhost refused the connection to port 9"),
    ],
)
def test_what_is_wrong_is_said(lasting_world: World, dovecot: Dovecot, wrong: dict[str, object], sentence: str) -> None:
    mailbox_at(dovecot, lasting_world.support, **wrong)
    with fetching():
        soon(lambda: Mailbox.objects.get().error)
    assert sentence in Mailbox.objects.get().error


def test_server_that_never_answers_delays_nobody_else(lasting_world: World, dovecot: Dovecot) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mailbox_at(dovecot, lasting_world.billing, host="127.0.0.1", port=silent.getsockname()[1])
        mailbox = mailbox_at(dovecot, lasting_world.support)
        dovecot.deliver(mailbox.user, mail("quick"))
        with fetching():
            assert soon(lambda: kept() == 1) < 3


def test_new_and_removed_mailboxes_are_noticed_while_running(lasting_world: World, dovecot: Dovecot) -> None:
    with fetching() as fetchers:
        mailbox = mailbox_at(dovecot, lasting_world.support)
        dovecot.deliver(mailbox.user, mail("hello"))
        assert soon(lambda: kept() == 1) < 3
        remove_mailbox(mailbox, by=None)
        soon(lambda: not fetchers.threads)


def test_mailbox_is_fetched_by_one_process_and_taken_over(lasting_world: World, dovecot: Dovecot) -> None:
    mailbox = mailbox_at(dovecot, lasting_world.support)
    first, second = Fetchers(QUICK, claim_seconds=1), Fetchers(QUICK, claim_seconds=1)
    try:
        first.step()
        second.step()
        assert (list(first.threads), list(second.threads)) == ([mailbox.pk], [])
        time.sleep(1.2)  # the first process stands still, as if it were dead
        second.step()
        first.step()
        assert (list(first.threads), list(second.threads)) == ([], [mailbox.pk])
        stale = progress.Claim(mailbox.pk, first.owner, mailbox.revision)
        with pytest.raises(progress.ClaimLost):
            progress.keep(stale, [], validity=1, upto=99)
    finally:
        first.finish()
        second.finish()
    assert Mailbox.objects.get().claimed_by == ""


def test_full_file_store_is_said_and_nothing_is_lost(
    lasting_world: World, dovecot: Dovecot, settings: object, tmp_path: object
) -> None:
    good = settings.FILES  # type: ignore[attr-defined]
    blocked = good / "blocked"
    blocked.write_text("a file where a folder is expected")
    settings.FILES = blocked  # type: ignore[attr-defined]
    mailbox = mailbox_at(dovecot, lasting_world.support)
    dovecot.deliver(mailbox.user, mail("large", size=100_000))
    with fetching():
        soon(lambda: Mailbox.objects.get().error)
        assert "The mail could not be kept" in Mailbox.objects.get().error
        assert kept() == 0
        settings.FILES = good  # type: ignore[attr-defined]
        soon(lambda: kept() == 1)
    assert shutil.disk_usage(good).free


def test_mail_that_the_server_does_not_hand_over_stops_nobody(lasting_world: World, dovecot: Dovecot) -> None:
    mailbox = mailbox_at(dovecot, lasting_world.support)
    dovecot.deliver(mailbox.user, mail("one"), mail("stubborn"), mail("three"))
    hand_over = Client.fetch

    def refuse(client: Client, uids: list[int], what: list[str]) -> dict[int, dict[bytes, object]]:
        if 2 in uids and what == ["BODY.PEEK[]"]:
            raise IMAPClientError("FETCH failed: internal error")
        found: dict[int, dict[bytes, object]] = hand_over(client, uids, what)
        return found

    with patch.object(Client, "fetch", refuse), patch.object(fetch, "TRY_SECONDS", 0.2), fetching():
        soon(lambda: kept() == 3, seconds=20)
    stubborn = IncomingMail.objects.get(state="skipped")
    assert b"Subject: stubborn" in bytes(stubborn.content or b"")
    assert "does not hand over" in stubborn.reason
