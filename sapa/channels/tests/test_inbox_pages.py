"""The settings pages of inboxes, mailboxes and mail that could not be taken in."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from conftest import World
from sapa.channels.email.actions import MailboxSecret, Outgoing, add_mailbox, change_outgoing, create_inbox
from sapa.channels.email.models import IncomingMail, Mailbox
from sapa.conversations.models import Inbox
from sapa.core import clock
from sapa.core.crypto import decrypt

INBOX = {"name": "Sales", "address": "sales@shop.example", "is_active": "on"}
MAILBOX = {
    "host": "127.0.0.1", "port": "9", "security": "tls", "user": "support@shop.example", "auth": "password",
    "password": "very secret", "folder": "INBOX", "history": "week", "afterwards": "leave", "is_active": "on",
}  # fmt: skip


@pytest.fixture
def ada(world: World, client: Client) -> Client:
    client.force_login(world.ada)
    return client


def mailbox_of(world: World) -> Mailbox:
    secret = MailboxSecret(password="very secret")
    return add_mailbox(world.support, by=None, host="127.0.0.1", port=9, user="support@shop.example", secret=secret)


@pytest.mark.parametrize("page", ["", "new/", "new/email/", "unreadable/"])
def test_pages_are_for_those_who_manage_inboxes(world: World, client: Client, page: str) -> None:
    assert client.get(f"/settings/inboxes/{page}").status_code == 302
    client.force_login(world.alice)
    assert client.get(f"/settings/inboxes/{page}").status_code == 403
    client.force_login(world.ada)
    assert client.get(f"/settings/inboxes/{page}").status_code == 200


def test_list_takes_a_fixed_number_of_queries(
    world: World, ada: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    mailbox_of(world)
    Mailbox.objects.update(error="The server is away.")
    for number in range(20):
        create_inbox(by=None, name=f"Inbox {number}", address=f"{number}@shop.example", teams=[world.support_team.pk])
    with django_assert_max_num_queries(12):
        page = ada.get("/settings/inboxes/").content.decode()
    assert "1 mailbox in trouble" in page
    assert "Inbox 19" in page


def test_inbox_is_made_and_changed(world: World, ada: Client) -> None:
    made = ada.post("/settings/inboxes/new/email/", {**INBOX, "aliases": "order@shop.example\nshop@shop.example"})
    inbox = Inbox.objects.get(name="Sales")
    assert made.headers["Location"] == f"/settings/inboxes/{inbox.pk}/mailboxes/"
    assert inbox.email.aliases == ["order@shop.example", "shop@shop.example"]
    ada.post(f"/settings/inboxes/{inbox.pk}/", {**INBOX, "name": "Sale", "teams": [world.support_team.pk]})
    inbox = Inbox.objects.get(pk=inbox.pk)
    assert (inbox.name, inbox.email.aliases, list(inbox.teams.all())) == ("Sale", [], [world.support_team])


def test_wrong_address_stands_at_its_field(world: World, ada: Client) -> None:
    page = ada.post("/settings/inboxes/new/email/", {**INBOX, "address": "support@shop.example"})
    assert page.status_code == 200
    assert "belongs to the inbox «Support» already." in page.content.decode()


def test_mailbox_is_added_changed_and_removed_without_showing_its_password(world: World, ada: Client) -> None:
    ada.post(f"/settings/inboxes/{world.support.pk}/mailboxes/new/", MAILBOX)
    mailbox = Mailbox.objects.get()
    assert decrypt(mailbox.secret) == "very secret"
    assert mailbox.since is not None
    for page in (f"/settings/inboxes/{world.support.pk}/mailboxes/", f"/settings/inboxes/mailboxes/{mailbox.pk}/"):
        shown = ada.get(page).content.decode()
        assert "support@shop.example" in shown
        assert "very secret" not in shown
        assert mailbox.secret not in shown
    ada.post(f"/settings/inboxes/mailboxes/{mailbox.pk}/", {**MAILBOX, "password": "", "folder": "Orders"})
    changed = Mailbox.objects.get()
    assert (changed.folder, decrypt(changed.secret), changed.since) == ("Orders", "very secret", mailbox.since)
    ada.post(f"/settings/inboxes/mailboxes/{mailbox.pk}/remove/")
    assert not Mailbox.objects.exists()


def test_state_is_a_fragment_for_htmx(world: World, ada: Client) -> None:
    mailbox_of(world)
    Mailbox.objects.update(error="The log-in was refused.", checked_at=clock.now())
    page = ada.get(f"/settings/inboxes/{world.support.pk}/mailboxes/", headers={"HX-Request": "true"}).content.decode()
    assert page.startswith(("\n<div", "<div"))
    assert "The log-in was refused." in page


def test_try_says_what_is_wrong(world: World, ada: Client) -> None:
    mailbox = mailbox_of(world)
    tried = ada.post(f"/settings/inboxes/mailboxes/{mailbox.pk}/test/").content.decode()
    assert "127.0.0.1 refused the connection to port 9." in tried
    unsaved = ada.post(f"/settings/inboxes/{world.support.pk}/mailboxes/test/", {**MAILBOX, "host": "two words"})
    assert "Enter the name of the mail server" in unsaved.content.decode()
    assert Mailbox.objects.count() == 1


def test_try_does_not_send_a_stored_password_elsewhere(world: World, ada: Client) -> None:
    mailbox = mailbox_of(world)
    form = {**MAILBOX, "password": "", "host": "localhost", "mailbox": str(mailbox.pk)}
    tried = ada.post(f"/settings/inboxes/{world.support.pk}/mailboxes/test/", form)
    assert "Enter the password of this mailbox." in tried.content.decode()


def test_outgoing_server_and_provider(world: World, ada: Client) -> None:
    inbox = create_inbox(by=None, name="Sales", address="sales@shop.example")
    page = f"/settings/inboxes/{inbox.pk}/outgoing/"
    assert ada.get(page).status_code == 200
    ada.post(page, {"way": "server", "url": "smtps://127.0.0.1:9", "user": "sales", "secret": "very secret"})
    inbox.email.refresh_from_db()
    assert inbox.email.smtp_url == "smtps://127.0.0.1:9"
    assert "very secret" not in ada.get(page).content.decode()
    assert "127.0.0.1:9" in ada.post(f"{page}test/").content.decode()
    ada.post(page, {"way": "provider", "provider": "postmark", "server_token": "very secret"})
    inbox.email.refresh_from_db()
    assert (inbox.email.provider, inbox.email.smtp_url) == ("postmark", "")
    change_outgoing(inbox, by=None, outgoing=Outgoing())


def test_unreadable_mail_is_listed_and_downloaded_as_it_came(world: World, ada: Client) -> None:
    values = {"inbox": world.support, "size": 9, "received_at": clock.now(), "reason": "It has no header."}
    mail = IncomingMail.objects.create(source="lmtp:1", content=b"<script>!", state="unreadable", **values)
    read = IncomingMail.objects.create(source="lmtp:2", content=b"secret", state="read", **values)
    assert "It has no header." in ada.get("/settings/inboxes/unreadable/").content.decode()
    raw = ada.get(f"/settings/inboxes/unreadable/{mail.pk}/raw/")
    assert raw.content == b"<script>!"
    assert raw.headers["Content-Type"] == "application/octet-stream"
    assert raw.headers["Content-Disposition"].startswith("attachment")
    assert ada.get(f"/settings/inboxes/unreadable/{read.pk}/raw/").status_code == 404
