from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests
from django.test import Client

from conftest import World
from sapa.accounts.models import AuditEntry, User
from sapa.accounts.tests.provider import CLIENT, SECRET, Provider, running

LOGIN = "/accounts/oidc/sso/login/"


@pytest.fixture
def provider(world: World, settings: object) -> Iterator[Provider]:
    with running() as provider:
        configure(settings, provider.url)
        yield provider


def configure(settings: object, url: str) -> None:
    app = {
        "provider_id": "sso",
        "name": "Toko ID",
        "client_id": CLIENT,
        "secret": SECRET,
        "settings": {"server_url": url},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}  # type: ignore[attr-defined]


def sign_on(client: Client) -> tuple[int, str, str]:
    """Through the browser's redirects; status, place and text of the last answer of Sapa."""
    there = client.post(LOGIN)
    if there.status_code != 302:
        return there.status_code, "", there.content.decode()
    back = requests.get(there.headers["Location"], allow_redirects=False, timeout=10).headers["Location"]
    parts = urlsplit(back)
    answer = client.get(f"{parts.path}?{parts.query}")
    return answer.status_code, answer.headers.get("Location", ""), answer.content.decode()


def who(client: Client) -> str:
    return str(client.session.get("_auth_user_id", ""))


def test_the_button_is_there_only_when_it_is_configured(
    world: World, provider: Provider, client: Client, settings: object
) -> None:
    assert "Log in with Toko ID" in client.get("/accounts/login/").content.decode()
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": []}}  # type: ignore[attr-defined]
    assert "Toko ID" not in client.get("/accounts/login/").content.decode()
    assert client.post(LOGIN).status_code == 404


def test_who_is_here_already_gets_in_by_their_proven_address(world: World, provider: Provider, client: Client) -> None:
    assert sign_on(client)[:2] == (302, "/")
    assert who(client) == str(world.alice.pk)
    assert AuditEntry.objects.get(action="session.started").actor == world.alice
    client.post("/accounts/logout/")
    provider.claims["email"] = "alice.new@shop.example"  # the same account at the provider, another address
    assert sign_on(client)[:2] == (302, "/")
    assert who(client) == str(world.alice.pk)


def test_a_stranger_is_told_to_ask_for_an_invitation(world: World, provider: Provider, client: Client) -> None:
    provider.claims["email"] = "eva@shop.example"
    assert "not invited" in sign_on(client)[2]
    assert not User.objects.filter(email="eva@shop.example").exists()


def test_a_role_by_configuration_makes_accounts_on_the_first_sign_on(
    world: World, provider: Provider, client: Client, settings: object
) -> None:
    settings.OIDC_ROLE = "agent"  # type: ignore[attr-defined]
    provider.claims.update(email="Eva@Shop.example", name="Eva", sub="77")
    assert sign_on(client)[:2] == (302, "/")
    eva = User.objects.get(email="eva@shop.example")
    assert (eva.name, eva.role.key, eva.has_usable_password()) == ("Eva", "agent", False)
    client.post("/accounts/logout/")
    sign_on(client)
    assert who(client) == str(eva.pk)
    assert User.objects.filter(email="eva@shop.example").count() == 1


@pytest.mark.parametrize("role", ["", "agent"])
def test_an_address_that_is_not_proven_opens_nothing(
    world: World, provider: Provider, client: Client, settings: object, role: str
) -> None:
    settings.OIDC_ROLE = role  # type: ignore[attr-defined]
    provider.claims["email_verified"] = False
    sign_on(client)
    assert who(client) == ""


@pytest.mark.parametrize("fault", ["signature", "issuer", "sub", "garbage"])
def test_a_false_provider_opens_nothing_and_is_a_sentence(
    world: World, provider: Provider, client: Client, fault: str
) -> None:
    provider.fault = fault
    status, _place, text = sign_on(client)
    assert "did not work" in text
    assert status < 500 or status == 503
    assert who(client) == ""


def test_a_provider_that_is_away_is_a_sentence(world: World, client: Client, settings: object) -> None:
    configure(settings, "http://127.0.0.1:9")
    answer = client.post(LOGIN)
    assert answer.status_code == 503
    assert "could not be reached" in answer.content.decode()


def test_a_code_of_another_browser_opens_nothing(world: World, provider: Provider, client: Client) -> None:
    there = client.post(LOGIN)
    back = requests.get(there.headers["Location"], allow_redirects=False, timeout=10).headers["Location"]
    parts = urlsplit(back)
    victim = Client()
    assert "did not work" in victim.get(f"{parts.path}?{parts.query}").content.decode()
    assert who(victim) == ""


def test_a_deactivated_person_stays_out(world: World, provider: Provider, client: Client) -> None:
    world.alice.is_active = False
    world.alice.save()
    sign_on(client)
    assert who(client) == ""


def test_the_way_after_the_sign_on_stays_here(world: World, provider: Provider, client: Client) -> None:
    there = client.post(f"{LOGIN}?process=login&next=https://evil.example/")
    back = requests.get(there.headers["Location"], allow_redirects=False, timeout=10).headers["Location"]
    parts = urlsplit(back)
    assert client.get(f"{parts.path}?{parts.query}").headers["Location"] == "/"
