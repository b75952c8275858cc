"""One server for all browser tests, a mail server outside, a browser for each file, and people who have logged in."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from sapa.channels.tests.dovecot import dovecot
from sapa.channels.tests.sink import Sink, sink
from tests.browser.looks import examine
from tests.browser.server import PASSWORD, ROOT, Sapa

__all__ = ["dovecot"]  # a fixture of others

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 30_000  # milliseconds that a condition may take; the cores may be busy
expect.set_options(timeout=PATIENCE)

REFUSAL = re.compile(r"Failed to load resource: .* status of (400|403|404|410)")
State = dict[str, Any]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = ROOT / "tests" / "browser"
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            # Not the database of other tests: what they see is the server's.
            item.add_marker(pytest.mark.timeout(300))


@dataclass
class Shop:
    """The server, the mail server outside of it, and the ids of what is there from the start."""

    sapa: Sapa
    outside: Sink
    ids: dict[str, int]
    states: dict[str, State] = field(default_factory=dict)
    showcase: dict[str, int] = field(default_factory=dict)
    first_run: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def shop() -> Iterator[Shop]:
    refused = Refusals()
    with sink(refused) as outside:
        sapa = Sapa(smtp_url=outside.url)
        try:
            sapa.start()
            found = first_run(sapa)
            yield Shop(sapa, outside, json.loads(sapa.run("-m", "tests.browser.seed")), first_run=found)
        finally:
            sapa.stop()


def first_run(sapa: Sapa) -> list[str]:
    """Ada makes her account and the first inbox by the link that the start prints; what was wrong with the page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        watched = Watched(browser.new_context(base_url=sapa.url, locale="en-GB"))
        page = watched.context.new_page()
        link = re.search(r"/welcome/\?token=\S+", sapa.lines)
        assert link, sapa.lines
        page.goto(link[0])
        wrong = examine(page, "welcome", "en")
        page.locator("[name=name]").fill("Ada Admin")
        page.locator("[name=email]").fill("ada@shop.example")
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("[name=inbox_address]").fill("support@shop.example")
        page.locator("main [type=submit].primary, form [type=submit].primary").first.click()
        page.wait_for_url("**/inbox/**")
        browser.close()
        return wrong + watched.wrong


class Refusals:
    """The mail server outside knows nobody whose name begins with «nobody»."""

    def __call__(self, stage: str, argument: str) -> bytes | None:
        return b"550 5.1.1 There is nobody of that name here" if stage == "rcpt" and "<nobody" in argument else None


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For one file only: Playwright's event loop in this thread would disturb tests that use the database."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield started
        started.close()


@dataclass
class Watched:
    """What went wrong in the pages of a context: errors in the console, scripts that threw, refusals of the policy."""

    context: BrowserContext
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.on("console", self._said)
        self.context.on("weberror", lambda error: self.wrong.append(str(error.error)))

    def _said(self, said: ConsoleMessage) -> None:
        here = said.page.url if said.page else ""
        # The browser itself logs the status of a page that was refused on purpose.
        is_refusal = bool(REFUSAL.search(said.text)) and said.location.get("url") == here
        if said.type == "error" and not is_refusal:
            self.wrong.append(f"{said.text} ({here})")


@dataclass
class People:
    """Opens pages as somebody: everyone has a browser context of their own."""

    shop: Shop
    browser: Browser
    contexts: list[Watched] = field(default_factory=list)

    def open(self, name: str = "", path: str = "", **options: Any) -> Page:
        """A page at `path`, as `name` who is logged in, or as a stranger."""
        options = {"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", **options}
        if name:
            options["storage_state"] = self._state(name)
        context = self.browser.new_context(base_url=self.shop.sapa.url, **options)
        context.set_default_timeout(PATIENCE)
        self.contexts.append(Watched(context))
        page = context.new_page()
        if path:
            page.goto(path)
        return page

    def _state(self, name: str) -> State:
        """Logged in once through the real form, then remembered."""
        if name not in self.shop.states:
            context = self.browser.new_context(base_url=self.shop.sapa.url, locale="en-GB")
            context.set_default_timeout(PATIENCE)
            page = context.new_page()
            log_in(page, name)
            self.shop.states[name] = dict(context.storage_state())
            context.close()
        return self.shop.states[name]

    @property
    def wrong(self) -> list[str]:
        return [line for watched in self.contexts for line in watched.wrong]

    def forgive(self, complaint: str) -> None:
        """A complaint that this test provoked on purpose."""
        for watched in self.contexts:
            watched.wrong[:] = [line for line in watched.wrong if complaint not in line]

    def close(self) -> None:
        for watched in self.contexts:
            watched.context.close()


def log_in(page: Page, name: str) -> None:
    """Through the form, as a person does."""
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(f"{name}@shop.example")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form [type=submit], form [type=submit]").first.click()
    page.wait_for_url("**/inbox/**")


@pytest.fixture
def people(shop: Shop, browser: Browser) -> Iterator[People]:
    """Afterwards no page may have complained."""
    people = People(shop, browser)
    try:
        yield people
        assert people.wrong == []
    finally:
        people.close()


As = Callable[..., Page]


@pytest.fixture
def open_as(people: People) -> As:
    return people.open
