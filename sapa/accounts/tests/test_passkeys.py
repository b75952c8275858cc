"""The ceremony of a passkey in a real browser, with an authenticator that the browser plays."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test.testcases import LiveServerThread

from conftest import World
from sapa.accounts.models import AuditEntry

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium"),
]
QUIET = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"


@pytest.fixture
def server(lasting_world: World, settings: Any) -> Iterator[str]:
    """Sapa on http://localhost (passkeys need a name, not a number), with static files as they lie in the source."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    thread = LiveServerThread("localhost", StaticFilesHandler, connections_override={}, port=0)
    thread.daemon = True
    thread.start()
    assert thread.is_ready.wait(20)
    if thread.error:
        raise thread.error
    yield f"http://localhost:{thread.port}"
    thread.terminate()


def log_in(page: Any, server: str, world: World) -> None:
    page.goto(f"{server}/accounts/login/")
    page.fill("#id_login", world.alice.email)
    page.fill("#id_password", world.password)
    page.click("main form button.primary")
    page.wait_for_url("**/inbox/**")


def ceremony(server: str, world: World) -> tuple[str, list[str]]:
    """Add a passkey, log out, log in with it: the profile's text, and what the browser complained of."""
    from playwright.sync_api import sync_playwright  # a browser's driver, for this test only

    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET.split())
        page = browser.new_context(locale="en-US").new_page()
        page.on(
            "console", lambda message: complaints.append(message.text) if "Security Policy" in message.text else None
        )
        devices = page.context.new_cdp_session(page)
        devices.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
        devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        log_in(page, server, world)
        page.goto(f"{server}/accounts/2fa/webauthn/add/")
        if "reauthenticate" in page.url:
            page.fill("#id_password", world.password)
            page.click("main form button.primary")
            page.wait_for_url("**/webauthn/add/")
        page.fill("#id_name", "Laptop")
        page.check("#id_passwordless")
        page.click("#mfa_webauthn_add")
        page.wait_for_url(lambda url: not url.endswith("/add/"))
        page.goto(f"{server}/accounts/2fa/webauthn/")
        assert "Laptop" in page.inner_text("main")
        page.context.clear_cookies()
        page.goto(f"{server}/accounts/login/")
        page.click("#passkey_login")
        page.wait_for_url("**/inbox/**")
        page.goto(f"{server}/settings/profile/")
        text = page.inner_text("main")
        browser.close()
    return text, complaints


def test_a_passkey_is_added_and_then_opens_the_account_alone(server: str, lasting_world: World) -> None:
    text, complaints = ceremony(server, lasting_world)
    assert lasting_world.alice.email in text
    assert complaints == []
    assert Authenticator.objects.filter(user=lasting_world.alice, type="webauthn").count() == 1
    last = AuditEntry.objects.filter(action="session.started").latest("id")
    assert (last.actor, last.changes) == (lasting_world.alice, {"methods": ["webauthn"]})
    assert AuditEntry.objects.filter(action="factor.added").exists()
