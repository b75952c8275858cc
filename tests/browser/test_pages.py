"""Every page in light and dark, in both languages, on a desk and on a phone: axe, widths, policy, and pictures in var/shots."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import As, People, Shop
from tests.browser.letters import letter, picture
from tests.browser.looks import AXE, DESK, examine
from tests.browser.server import PASSWORD

NEWSLETTER = """<table bgcolor="#ffffff" width="600"><tr><td><h1 style="color:#a03010">Spring sale</h1>
<p>Everything for <b>half</b> the price. <a href="https://shop.example/sale">Look</a></p>
<img src="https://elsewhere.example/pixel.png" width="300" height="80" alt="A banner"></td></tr></table>"""
LONG = "\n\n".join(f"{number}. " + "It rained the whole week and the parcel stood outside. " * 6 for number in range(8))

STRANGER = {
    "login": "/accounts/login/",
    "reset": "/accounts/password/reset/",
    "reset-done": "/accounts/password/reset/done/",
    "reset-bad-link": "/accounts/password/reset/key/1-none/",
    "signup-closed": "/accounts/signup/",
    "invitation-over": "/invitation/none/",
    "api-docs": "/api/docs",
}
AGENT = {
    "inbox": "/inbox/mine/",
    **{f"inbox-{view}": f"/inbox/{view}/" for view in ("mentions", "drafts", "snoozed", "unassigned", "open")},
    **{f"inbox-{view}": f"/inbox/{view}/" for view in ("resolved", "spam")},
    "inbox-team": "/inbox/team-{team}/",
    "inbox-one": "/inbox/inbox-{support}/",
    "thread-html": "/inbox/open/{newsletter}/",
    "thread-files": "/inbox/open/{photos}/",
    "thread-failed": "/inbox/open/{lost}/",
    "thread-long": "/inbox/snoozed/{long}/",
    "search": "/search/?q=photos",
    "search-nothing": "/search/?q=xyzzy",
    "notifications": "/notifications/",
    "not-found": "/nowhere/",
    "forbidden": "/settings/people/",
    "logout": "/accounts/logout/",
}
ADMIN = {
    "customers": "/customers/",
    "customer": "/customers/{customer}/",
    "customer-new": "/customers/new/",
    "customer-change": "/customers/{customer}/change/",
    "customer-merge": "/customers/{customer}/merge/",
    "companies": "/companies/",
    "company": "/companies/{company}/",
    "profile": "/settings/profile/",
    "tokens": "/settings/tokens/",
    "sessions": "/accounts/sessions/",
    "2fa": "/accounts/2fa/",
    "2fa-app": "/accounts/2fa/totp/activate/",
    "2fa-passkey": "/accounts/2fa/webauthn/add/",
    "password-change": "/accounts/password/change/",
    "people": "/settings/people/",
    "person": "/settings/people/{person}/",
    "invite": "/settings/people/invite/",
    "teams": "/settings/teams/",
    "team": "/settings/teams/{team}/",
    "roles": "/settings/roles/",
    "role": "/settings/roles/{role}/",
    "fields": "/settings/fields/",
    "field-new": "/settings/fields/new/",
    "tags": "/settings/tags/",
    "tag": "/settings/tags/{tag}/",
    "audit": "/settings/audit/",
    "inboxes": "/settings/inboxes/",
    "inbox-new": "/settings/inboxes/new/",
    "inbox-new-email": "/settings/inboxes/new/email/",
    "inbox-settings": "/settings/inboxes/{support}/",
    "inbox-outgoing": "/settings/inboxes/{support}/outgoing/",
    "inbox-mailboxes": "/settings/inboxes/{support}/mailboxes/",
    "inbox-mailbox-new": "/settings/inboxes/{support}/mailboxes/new/",
    "unreadable": "/settings/inboxes/unreadable/",
}
REFUSED = {"not-found", "forbidden", "reset-bad-link", "invitation-over", "signup-closed"}
LANGUAGES = {"en": "en-GB", "id": "id-ID"}


@pytest.fixture(scope="module")
def ids(shop: Shop) -> dict[str, int]:
    """Conversations of every kind are there; their ids by name."""
    if shop.showcase:
        return shop.showcase
    with_files = letter(
        "Photos of the damage", "Three photos and the bill.", sender="Rani Wijaya <rani@sinarjaya.example>"
    )
    for number in range(3):
        with_files.add_attachment(
            picture(60 * number, 120, 90, side=200), maintype="image", subtype="png", filename=f"photo {number}.png"
        )
    bill = "The bill of the first of November, with a name that is far too long for one line.pdf"
    with_files.add_attachment(b"%PDF-1.4\n%%EOF\n", maintype="application", subtype="pdf", filename=bill)
    nobody = "Nobody <nobody@elsewhere.example>"
    for mail in (
        letter("Newsletter with pictures", "Spring sale", html=NEWSLETTER, sender="Sale <sale@elsewhere.example>"),
        with_files,
        letter("A letter that nobody gets", "Answer me if you can.", sender=nobody),
        letter("Only text, but long", LONG, sender="Bartholomäus Wolfeschlegelsteinhausen <b@long.example>"),
        letter("Settled"),
        letter("Win a prize"),
        letter("Waiting for the courier"),
    ):
        shop.sapa.deliver(mail)
    shop.showcase = {**shop.ids, **json.loads(shop.sapa.run("-m", "tests.browser.showcase"))}
    return shop.showcase


@pytest.fixture(scope="module")
def tabs(shop: Shop, browser: Browser) -> Iterator["Tabs"]:
    tabs = Tabs(People(shop, browser))
    yield tabs
    tabs.people.close()


@dataclass
class Tabs:
    """One tab a person and language for all pages: the second page comes out of the browser's memory."""

    people: People
    open: dict[tuple[str, str], Page] = field(default_factory=dict)

    def of(self, who: str, locale: str) -> Page:
        if (who, locale) not in self.open:
            self.open[who, locale] = self.people.open(who, locale=locale)
        return self.open[who, locale]


def check(tabs: Tabs, name: str, path: str, *, who: str = "") -> list[str]:
    wrong: list[str] = []
    before = len(tabs.people.wrong)
    for language, locale in LANGUAGES.items():
        page = tabs.of(who, locale)
        page.set_viewport_size(DESK)
        answer = page.goto(path)
        assert answer is not None
        assert answer.status < 400 or name in REFUSED, f"{path}: {answer.status}"
        if page.locator("input[name=password]").count() == 1 and "/reauthenticate/" in page.url:
            page.locator("input[name=password]").fill(PASSWORD)
            page.locator("main form [type=submit]").click()
            page.wait_for_url(f"**{path}")
        wrong += examine(page, name, language, axe=language == "en" and name != "api-docs")
    return wrong + tabs.people.wrong[before:]


@pytest.mark.parametrize("name", STRANGER)
def test_page_for_strangers(tabs: Tabs, name: str) -> None:
    assert check(tabs, name, STRANGER[name]) == []


@pytest.mark.parametrize("name", AGENT)
def test_page_of_an_agent(tabs: Tabs, ids: dict[str, int], name: str) -> None:
    assert check(tabs, name, AGENT[name].format(**ids), who="alice") == []


@pytest.mark.parametrize("name", ADMIN)
def test_page_of_an_administrator(tabs: Tabs, ids: dict[str, int], name: str) -> None:
    assert check(tabs, name, ADMIN[name].format(**ids), who="ada") == []


def test_second_step_of_the_log_in(shop: Shop, open_as: As, ids: dict[str, int]) -> None:
    page = open_as("", "/accounts/login/")
    page.locator("[name=login]").fill("tom@shop.example")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form .primary[type=submit]").click()
    expect(page.locator("[name=code]")).to_be_visible()
    assert examine(page, "2fa-authenticate", "en") == []


def test_first_run_was_fit_to_be_seen(shop: Shop) -> None:
    assert shop.first_run == []


def test_there_is_axe() -> None:
    assert AXE.exists(), "bin/prepare dev fetches it"
