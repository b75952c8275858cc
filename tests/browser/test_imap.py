"""A customer and the shop both have their mailboxes at a real Dovecot: fetched by IDLE, answered by SMTP, delivered there."""

import time
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from playwright.sync_api import expect

from sapa.channels.tests.dovecot import PROGRAM, Dovecot
from tests.browser.conftest import As, Shop
from tests.browser.letters import letter
from tests.browser.test_conversation import arrived, write

SHOP, CUSTOMER = "fetched@shop.example", "dewi@customer.example"

pytestmark = [
    pytest.mark.dovecot,
    pytest.mark.skipif(PROGRAM is None, reason="Debian's dovecot-imapd is not installed"),
]


def in_mailbox(dovecot: Dovecot, address: str) -> EmailMessage:
    """The only mail in somebody's INBOX."""
    [content] = dovecot.mails(address)
    return message_from_bytes(content, policy=default)


def test_fetched_mail_is_answered_into_the_customers_mailbox(shop: Shop, open_as: As, dovecot: Dovecot) -> None:
    shop.sapa.run("-m", "tests.browser.mailbox", SHOP, str(dovecot.imap))
    page = open_as("alice", "/inbox/open/")
    expect(page.locator("#views")).to_contain_text("Fetched")

    asked = letter("Fetched from a mailbox", sender=f"Dewi <{CUSTOMER}>", to=SHOP)
    dovecot.deliver(SHOP, asked.as_bytes())
    page.locator(".row", has_text="Fetched from a mailbox").click()
    expect(page.locator("sapa-composer[ready]")).to_be_visible()
    expect(page.locator(".message.in")).to_contain_text("Where is my order?")

    write(page, "It arrives tomorrow.")
    page.locator("sapa-composer .send").click()
    arrived(shop, lambda mail: "Fetched from a mailbox" in mail["Subject"])
    [left] = [got for got in shop.outside.got if got.recipients == [CUSTOMER]]
    dovecot.deliver(CUSTOMER, left.content)  # as the mail server on the way does
    answer = in_mailbox(dovecot, CUSTOMER)
    assert answer["In-Reply-To"] == asked["Message-ID"]
    assert answer["From"].addresses[0].addr_spec == SHOP
    assert (answer["Reply-To"] or answer["From"]).addresses[0].domain == "shop.example"

    again = letter(
        "Re: Fetched from a mailbox", "Thank you!", sender=f"Dewi <{CUSTOMER}>", to=SHOP, answers=answer["Message-ID"]
    )
    began = time.monotonic()
    dovecot.deliver(SHOP, again.as_bytes())
    expect(page.locator(".message.in").nth(1)).to_contain_text("Thank you!")
    assert time.monotonic() - began < 30  # by IDLE; a poll comes each minute
