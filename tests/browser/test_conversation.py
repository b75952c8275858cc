"""A customer writes, agents answer together: by mail outside, in real browsers inside."""

from playwright.sync_api import expect

from tests.browser.conftest import As, Shop
from tests.browser.letters import letter


def test_mail_appears_in_the_list_by_itself(shop: Shop, open_as: As) -> None:
    page = open_as("alice", "/inbox/open/")
    expect(page.locator("sapa-live")).to_be_attached()
    shop.sapa.deliver(letter("A parcel that never came"))
    row = page.locator(".row", has_text="A parcel that never came")
    expect(row).to_be_visible()
    row.click()
    expect(page.locator("#thread-head h1")).to_have_text("A parcel that never came")
    expect(page.locator(".message.in")).to_contain_text("Where is my order?")
