"""Inboxes and mailboxes are made, changed and removed by actions only."""

import pytest

from conftest import World
from sapa.accounts.models import AuditEntry
from sapa.channels.email.actions import (
    MailboxSecret,
    Outgoing,
    add_mailbox,
    change_inbox,
    change_mailbox,
    change_outgoing,
    create_inbox,
    remove_mailbox,
)
from sapa.channels.email.models import Mailbox
from sapa.core.crypto import decrypt
from sapa.core.errors import NotAllowed, Refused

pytestmark = pytest.mark.django_db

IMAP = {"host": "imap.shop.example", "user": "sales@shop.example", "secret": MailboxSecret(password="let me in")}


def test_command_line_makes_an_inbox_that_can_do_what_mail_can() -> None:
    inbox = create_inbox(by=None, name=" Sales ", address="Sales@Shop.Example", aliases=["order@shop.example", ""])
    assert (inbox.name, inbox.address, inbox.email.aliases) == ("Sales", "sales@shop.example", ["order@shop.example"])
    assert inbox.capabilities["html"] is True
    assert AuditEntry.objects.filter(action="inbox.created", target=f"inbox:{inbox.pk} Sales").count() == 1


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"name": "Sales", "address": "sales at shop"}, "address"),
        ({"name": "Sales", "address": ""}, "address"),
        ({"name": " ", "address": "sales@shop.example"}, "name"),
        ({"name": "Sales", "address": "SUPPORT@shop.example"}, "address"),
        ({"name": "Sales", "address": "sales@shop.example", "aliases": ["support@shop.example"]}, "aliases"),
        ({"name": "Sales", "address": "sales@shop.example", "auto_reply": True}, "auto_reply_text"),
        ({"name": "Sales", "address": "sales@shop.example", "teams": [10**6]}, "teams"),
    ],
)
def test_wrong_input_is_refused_with_the_field(world: World, wanted: dict[str, object], field: str) -> None:
    with pytest.raises(Refused) as refused:
        create_inbox(by=world.ada, **wanted)  # type: ignore[arg-type]
    assert refused.value.field == field
    assert str(refused.value).endswith(".")


def test_address_that_is_an_alias_elsewhere_is_refused(world: World) -> None:
    change_inbox(world.support, by=world.ada, aliases=["help@shop.example"])
    with pytest.raises(Refused, match="further address of the inbox «Support»") as refused:
        create_inbox(by=world.ada, name="Help", address="help@shop.example")
    assert refused.value.field == "address"


def test_default_team_must_be_able_to_open_the_inbox(world: World) -> None:
    with pytest.raises(Refused) as refused:
        change_inbox(world.billing, by=world.ada, default_team=world.support_team.pk)
    assert refused.value.field == "default_team"
    change_inbox(world.billing, by=world.ada, default_team=world.billing_team.pk)


def test_agent_may_not_change_inboxes(world: World) -> None:
    with pytest.raises(NotAllowed):
        change_inbox(world.support, by=world.alice, name="Mine")
    with pytest.raises(NotAllowed):
        create_inbox(by=world.carol, name="Mine", address="mine@shop.example")
    with pytest.raises(NotAllowed):
        add_mailbox(world.support, by=world.alice, **IMAP)  # type: ignore[arg-type]


def test_change_is_audited_with_before_and_after(world: World) -> None:
    change_inbox(world.support, by=world.ada, name="Help")
    change_inbox(world.support, by=world.ada, name="Help")
    line = AuditEntry.objects.get(action="inbox.changed")
    assert (line.actor, line.changes) == (world.ada, {"name": ["Support", "Help"]})


def test_password_is_stored_encrypted_and_never_audited(world: World) -> None:
    mailbox = add_mailbox(world.support, by=world.ada, **IMAP)  # type: ignore[arg-type]
    assert "let me in" not in mailbox.secret
    assert decrypt(mailbox.secret) == "let me in"
    assert "let me in" not in str(list(AuditEntry.objects.values()))


def test_same_folder_cannot_be_fetched_twice(world: World) -> None:
    add_mailbox(world.support, by=world.ada, **IMAP)  # type: ignore[arg-type]
    with pytest.raises(Refused) as refused:
        add_mailbox(world.billing, by=world.ada, **{**IMAP, "host": "IMAP.shop.example."})  # type: ignore[arg-type]
    assert refused.value.field == "folder"
    add_mailbox(world.billing, by=world.ada, **IMAP, folder="Archive")  # type: ignore[arg-type]


def test_stored_password_is_not_sent_to_another_server(world: World) -> None:
    mailbox = add_mailbox(world.support, by=world.ada, **IMAP)  # type: ignore[arg-type]
    change_mailbox(mailbox, by=world.ada, afterwards="seen")
    with pytest.raises(Refused) as refused:
        change_mailbox(mailbox, by=world.ada, host="imap.elsewhere.example")
    assert refused.value.field == "password"


def test_another_folder_is_fetched_from_its_start(world: World) -> None:
    mailbox = add_mailbox(world.support, by=world.ada, **IMAP)  # type: ignore[arg-type]
    Mailbox.objects.update(uid_validity=7, last_uid=99, done_uid=99)
    changed = change_mailbox(mailbox, by=world.ada, folder="Orders")
    assert (changed.uid_validity, changed.last_uid, changed.revision) == (None, 0, mailbox.revision + 1)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"host": "imap server"}, "host"),
        ({"port": 0}, "port"),
        ({"user": ""}, "user"),
        ({"folder": ""}, "folder"),
        ({"afterwards": "move"}, "move_to"),
        ({"secret": MailboxSecret()}, "password"),
        ({"auth": "xoauth2"}, "client_id"),
        ({"auth": "xoauth2", "client_id": "c", "token_url": "http://127.0.0.1/"}, "token_url"),
        ({"auth": "xoauth2", "client_id": "c", "token_url": "https://id.example/token"}, "refresh_token"),
    ],
)
def test_wrong_mailbox_is_refused_with_the_field(world: World, wanted: dict[str, object], field: str) -> None:
    with pytest.raises(Refused) as refused:
        add_mailbox(world.support, by=world.ada, **{**IMAP, **wanted})  # type: ignore[arg-type]
    assert refused.value.field == field


def test_removing_twice_is_harmless(world: World) -> None:
    mailbox = add_mailbox(world.support, by=world.ada, **IMAP)  # type: ignore[arg-type]
    remove_mailbox(mailbox, by=world.ada)
    remove_mailbox(Mailbox(pk=mailbox.pk or 1, inbox=world.support), by=world.ada)
    assert AuditEntry.objects.filter(action="mailbox.removed").count() == 1


def test_outgoing_server_is_checked_and_its_password_kept_only_for_it(world: World) -> None:
    create = create_inbox(by=None, name="Sales", address="sales@shop.example")
    with pytest.raises(Refused) as refused:
        change_outgoing(create, by=world.ada, outgoing=Outgoing(url="mail.shop.example"))
    assert refused.value.field == "url"
    wanted = Outgoing(url="smtps://mail.shop.example", user="s", secret="pw")
    email = change_outgoing(create, by=world.ada, outgoing=wanted)
    assert (email.smtp_url, decrypt(email.smtp_secret)) == ("smtps://mail.shop.example:465", "pw")
    email = change_outgoing(create, by=world.ada, outgoing=Outgoing(url="smtps://mail.shop.example:465", user="s"))
    assert decrypt(email.smtp_secret) == "pw"
    with pytest.raises(Refused) as refused:
        change_outgoing(create, by=world.ada, outgoing=Outgoing(url="smtps://evil.example:465", user="s"))
    assert refused.value.field == "secret"


def test_provider_needs_its_key(world: World) -> None:
    inbox = create_inbox(by=None, name="Sales", address="sales@shop.example")
    with pytest.raises(Refused, match="API key"):
        change_outgoing(inbox, by=world.ada, outgoing=Outgoing(provider="brevo"))
    wanted = Outgoing(provider="brevo", provider_settings={"api_key": "very secret"})
    email = change_outgoing(inbox, by=world.ada, outgoing=wanted)
    assert decrypt(email.provider_secret) == '{"api_key": "very secret"}'
    assert "very secret" not in str(list(AuditEntry.objects.values()))
