"""Logging in to a mailbox with an access token (XOAUTH2), at a real Dovecot that asks the token service."""

import json
from collections.abc import Iterator

import pytest

from conftest import World
from sapa.channels.email.actions import MailboxSecret
from sapa.channels.email.models import Mailbox
from sapa.channels.tests.dovecot import PROGRAM, Dovecot, mail
from sapa.channels.tests.fetching import fetching, kept, mailbox_at, soon
from sapa.channels.tests.token_service import TokenService
from sapa.core.crypto import decrypt

pytestmark = [
    pytest.mark.dovecot,
    pytest.mark.skipif(PROGRAM is None, reason="Debian's dovecot-imapd is not installed"),
]


@pytest.fixture
def tokens() -> Iterator[TokenService]:
    service = TokenService("support@shop.example")
    yield service
    service.close()


@pytest.fixture
def dovecot(tokens: TokenService, monkeypatch: pytest.MonkeyPatch, settings: object) -> Iterator[Dovecot]:
    server = Dovecot(introspection_url=f"{tokens.url}/introspect")
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    settings.OUTSIDE_PRIVATE = True  # type: ignore[attr-defined]
    try:
        server.start()
        yield server
    finally:
        server.remove()


def by_token(dovecot: Dovecot, world: World, tokens: TokenService, **more: object) -> Mailbox:
    wanted: dict[str, object] = {
        "auth": "xoauth2",
        "client_id": "sapa",
        "token_url": f"{tokens.url}/token",
        "secret": MailboxSecret(client_secret="hush", refresh_token="first refresh token"),
    }
    return mailbox_at(dovecot, world.support, **{**wanted, **more})


def test_mail_is_fetched_with_a_token(lasting_world: World, dovecot: Dovecot, tokens: TokenService) -> None:
    mailbox = by_token(dovecot, lasting_world, tokens)
    dovecot.deliver(mailbox.user, mail("one"))
    with fetching():
        soon(lambda: kept() == 1)
        dovecot.restart()
        dovecot.deliver(mailbox.user, mail("two"))
        soon(lambda: kept() == 2)
    assert tokens.asked == 1  # it is good for an hour


def test_new_refresh_token_replaces_the_old_one(lasting_world: World, dovecot: Dovecot, tokens: TokenService) -> None:
    mailbox = by_token(dovecot, lasting_world, tokens)
    dovecot.deliver(mailbox.user, mail("one"))
    with fetching():
        soon(lambda: kept() == 1)
        tokens.valid.clear()  # withdrawn before its time
        dovecot.restart()
        dovecot.deliver(mailbox.user, mail("two"))
        soon(lambda: kept() == 2)
    stored = json.loads(decrypt(Mailbox.objects.get().secret))
    assert stored == {"client_secret": "hush", "refresh_token": tokens.refresh_token}
    assert tokens.asked == 2


def test_withdrawn_refresh_token_is_said(lasting_world: World, dovecot: Dovecot, tokens: TokenService) -> None:
    by_token(dovecot, lasting_world, tokens, secret=MailboxSecret(client_secret="hush", refresh_token="too old"))
    with fetching():
        soon(lambda: Mailbox.objects.get().error)
    assert Mailbox.objects.get().error == (
        "The token service gave no access token (invalid_grant The refresh token was withdrawn.). "
        "Log in there again and enter a new refresh token."
    )


def test_private_token_service_is_not_called(
    lasting_world: World, dovecot: Dovecot, tokens: TokenService, settings: object
) -> None:
    by_token(dovecot, lasting_world, tokens)
    Mailbox.objects.update(token_url=f"https://127.0.0.1:{tokens.url.rpartition(':')[2]}/token")
    settings.OUTSIDE_PRIVATE = False  # type: ignore[attr-defined]
    with fetching():
        soon(lambda: Mailbox.objects.get().error)
    assert "127.0.0.1 lies in a private network" in Mailbox.objects.get().error
    assert tokens.asked == 0
