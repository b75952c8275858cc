"""A customer writes, agents answer together: by mail outside, in real browsers inside."""

import base64
import re
import time
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from playwright.sync_api import FilePayload, Page, expect

from tests.browser.conftest import As, People, Shop
from tests.browser.letters import letter, picture

PATIENCE = 60.0  # seconds until a mail has left; ten of them are for undoing


def begin(shop: Shop, page: Page, subject: str, **more: str) -> EmailMessage:
    """A customer's mail comes in, and the page opens it from the list."""
    mail = letter(subject, **more)
    shop.sapa.deliver(mail)
    page.locator(".row", has_text=subject).first.click()
    expect(page.locator("#thread-head h1")).to_have_text(subject)
    expect(page.locator("sapa-composer[ready]")).to_be_visible()
    return mail


def arrived(shop: Shop, fits: Callable[[EmailMessage], bool]) -> EmailMessage:
    """The mail that left, as the mail server outside got it."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        for got in shop.outside.got:
            mail = message_from_bytes(got.content, policy=default)
            if fits(mail):
                return mail
        time.sleep(0.1)
    raise AssertionError(f"it did not leave; outside are {[str(got.mail['Subject']) for got in shop.outside.got]}")


def write(page: Page, text: str) -> None:
    page.locator("sapa-composer .text").click()
    page.keyboard.type(text)


def test_mail_appears_in_the_list_by_itself_and_opens(shop: Shop, open_as: As) -> None:
    page = open_as("alice", "/inbox/open/")
    begin(shop, page, "A parcel that never came")
    expect(page.locator(".message.in")).to_contain_text("Where is my order?")
    expect(page).to_have_title(re.compile("A parcel that never came · Sapa$"))


def test_answer_is_undone_sent_again_and_answered(shop: Shop, open_as: As) -> None:
    page = open_as("alice", "/inbox/open/")
    asked = begin(shop, page, "Which size fits", sender="Rani <rani@customer.example>")

    write(page, "Size ")
    page.keyboard.press("Control+b")
    page.keyboard.type("forty")
    page.keyboard.press("Control+b")
    page.keyboard.type(" fits.")
    expect(page.locator("sapa-composer .text b")).to_have_text("forty")
    bill = FilePayload(name="sizes.txt", mimeType="text/plain", buffer=b"39 40 41")
    page.locator("sapa-composer input[type=file]").set_input_files(bill)
    expect(page.locator("sapa-composer .files li[data-file]")).to_contain_text("sizes.txt")

    page.keyboard.press("Control+Enter")
    expect(page.locator(".message.out")).to_contain_text("Size forty fits.")
    page.locator("sapa-toasts button", has_text="Undo").click()
    expect(page.locator(".message.out")).to_have_count(0)
    expect(page.locator("sapa-composer .text b")).to_have_text("forty")
    expect(page.locator("sapa-composer .files li")).to_contain_text("sizes.txt")

    expect(page.locator("sapa-composer[ready]")).to_be_visible()
    page.locator("sapa-composer .send").click()
    expect(page.locator(".message.out")).to_contain_text("Size forty fits.")
    mail = arrived(shop, lambda found: "Which size fits" in found["Subject"])
    assert [got for got in shop.outside.got if got.recipients == ["rani@customer.example"]] == [shop.outside.got[-1]]
    assert mail["Subject"] == "Re: Which size fits"
    assert mail["In-Reply-To"] == asked["Message-ID"]
    assert asked["Message-ID"] in mail["References"]
    assert "support" in mail["From"].addresses[0].addr_spec
    assert mail["To"].addresses[0].addr_spec == "rani@customer.example"
    html, plain = mail.get_body(("html",)), mail.get_body(("plain",))
    assert html is not None
    assert plain is not None
    assert "<b>forty</b>" in html.get_content()
    assert "Size forty fits." in plain.get_content()
    assert [(part.get_filename(), part.get_content()) for part in mail.iter_attachments()] == [
        ("sizes.txt", "39 40 41")
    ]
    expect(page.locator(".message.out .state")).to_contain_text("Sent")

    thanks = letter(
        "Re: Which size fits", "Forty it is!", sender="Rani <rani@customer.example>", answers=mail["Message-ID"]
    )
    shop.sapa.deliver(thanks)
    expect(page.locator(".message.in").nth(1)).to_contain_text("Forty it is!")
    expect(page.locator(".message")).to_have_count(3)


def test_pasted_picture_goes_out_inside_the_mail(shop: Shop, open_as: As) -> None:
    page = open_as("alice", "/inbox/open/")
    begin(shop, page, "Show me the colour", sender="Eye <eye@customer.example>")
    write(page, "It looks like this: ")
    page.locator("sapa-composer .text").evaluate(
        """(text, encoded) => {
          const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
          const clipboardData = new DataTransfer();
          clipboardData.items.add(new File([bytes], "colour.png", { type: "image/png" }));
          text.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }""",
        base64.b64encode(picture()).decode(),
    )
    shown = page.locator("sapa-composer .text img")
    expect(shown).to_be_visible()
    page.wait_for_function("() => document.querySelector('sapa-composer .text img').naturalWidth === 48")
    page.locator("sapa-composer .send").click()
    mail = arrived(shop, lambda found: "Show me the colour" in found["Subject"])
    [image] = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert image.get_content() == picture()
    html = mail.get_body(("html",))
    assert html is not None
    assert f"cid:{image['Content-ID'][1:-1]}" in html.get_content()
    page.wait_for_function(
        """() => [...document.querySelectorAll(".message.out img")].some((image) => image.naturalWidth === 48)"""
    )


def test_refused_answer_says_why_at_the_message(shop: Shop, open_as: As) -> None:
    page = open_as("alice", "/inbox/open/")
    begin(shop, page, "From a wrong address", sender="Nobody <nobody@customer.example>")
    write(page, "Can you read this?")
    page.locator("sapa-composer .send").click()
    failed = page.locator(".message.out.failed")
    expect(failed).to_be_visible(timeout=PATIENCE * 1000)
    expect(failed.locator(".state")).to_contain_text("There is nobody of that name here")


def test_mention_in_a_note_rings_the_colleagues_bell(shop: Shop, people: People) -> None:
    page, other = people.open("alice", "/inbox/open/"), people.open("bea", "/inbox/mine/")
    expect(other.locator("sapa-bell .ring")).to_be_visible()
    begin(shop, page, "Needs a second opinion")
    page.locator("#tab-note").click()
    expect(page.locator("sapa-composer.note[ready]")).to_be_visible()
    write(page, "What do you think, @Be")
    option = page.locator("#mentions [role=option]", has_text="Bea Colleague")
    expect(option).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.type("about this?")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message.note")).to_contain_text("@Bea Colleague")

    expect(other.locator("sapa-bell .count")).to_be_visible()
    other.locator("sapa-bell .ring").click()
    told = other.locator("sapa-bell [data-told]", has_text="Needs a second opinion").first
    expect(told).to_be_visible()
    told.click()
    expect(other.locator("#thread-head h1")).to_have_text("Needs a second opinion")
    expect(other.locator(".message.note")).to_contain_text("What do you think")
    people.forgive("Applying inline style")  # the browser's own editing tries one at the mention, and is refused


def test_colleagues_see_each_other_look_and_type(shop: Shop, open_as: As) -> None:
    page = open_as("alice", "/inbox/open/")
    begin(shop, page, "Two at once")
    other = open_as("bea", page.url)
    expect(page.locator("#presence")).to_contain_text("Bea Colleague is viewing")
    expect(other.locator("#presence")).to_contain_text("Alice Agent is viewing")
    expect(other.locator("sapa-composer[ready]")).to_be_visible()
    write(other, "I am writing")
    expect(page.locator("#presence")).to_contain_text("Bea Colleague is typing")
    other.close()
    expect(page.locator("#presence")).not_to_contain_text("Bea")


def test_conversation_is_worked_off_by_keyboard(shop: Shop, open_as: As) -> None:
    page = open_as("alice", "/inbox/open/")
    begin(shop, page, "Work for the keyboard")
    row = page.locator("#rows .row", has_text="Work for the keyboard")
    press = page.keyboard.press
    page.locator("#thread-head h1").click()  # away from the composer

    press("t")
    expect(page.locator("#tag-menu [name=tags]")).to_be_focused()
    page.keyboard.type("keyboard, quick")
    press("Enter")
    expect(page.locator("#thread-head .chip.tag")).to_have_text(["keyboard", "quick"])
    expect(page.locator("#tag-menu .menu")).to_be_hidden()

    page.locator("#more-menu > button").press("Enter")
    urgent = page.locator("#more-menu .item", has_text="Urgent")
    expect(urgent).to_be_visible()
    urgent.press("Enter")
    expect(page.locator("#thread-head .chip.bad")).to_contain_text("Urgent")

    press("a")
    expect(page.locator("#assign-menu .find input")).to_be_focused()
    page.keyboard.type("alice")
    press("Enter")
    expect(page.locator("#assign-menu .assignee")).to_contain_text("Alice Agent")

    press("z")
    expect(page.locator("#snooze-menu .item").first).to_be_focused()
    press("ArrowDown")
    press("Enter")
    expect(row).to_have_count(0)
    page.goto("/inbox/snoozed/")
    row.click()
    expect(page.locator("#thread-head .chip.info")).to_contain_text("Snoozed")

    page.locator("#thread-head h1").click()
    press("e")
    expect(row).to_have_count(0)
    page.goto("/inbox/resolved/")
    expect(row).to_be_visible()


def test_conversation_given_away_leaves_the_page_and_reaches_the_colleague(shop: Shop, people: People) -> None:
    page, other = people.open("alice", "/inbox/open/"), people.open("bea", "/inbox/mine/")
    begin(shop, page, "Something for Bea")
    page.locator("#thread-head h1").click()
    page.keyboard.press("a")
    expect(page.locator("#assign-menu .find input")).to_be_focused()
    page.keyboard.type("bea")
    page.keyboard.press("Enter")
    expect(page.locator("sapa-toasts")).to_contain_text("you may no longer see it")
    expect(page.locator("#thread .open")).to_have_count(0)
    expect(page.locator("#rows .row", has_text="Something for Bea")).to_have_count(0)
    expect(other.locator("#rows .row", has_text="Something for Bea")).to_be_visible()
    expect(other.locator("sapa-bell .count")).to_be_visible()
    people.forgive("status of 404")  # it was asked for once more, and is not Alice's any more
