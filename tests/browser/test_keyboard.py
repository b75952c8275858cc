"""A day without a mouse: everything is reached by Tab, focus is seen, dialogs keep it and give it back."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import As, Shop
from tests.browser.letters import letter
from tests.browser.looks import settle

_FOCUS = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const style = getComputedStyle(one), box = one.getBoundingClientRect();
  const ring = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  const around = one.closest(".search-field, .box, .find") ?? one.parentElement;
  const outer = getComputedStyle(around);
  const outerRing = (outer.outlineStyle !== "none" && parseFloat(outer.outlineWidth) > 0) || outer.boxShadow !== "none";
  return { tag: one.tagName.toLowerCase(), id: one.id, cls: String(one.className.baseVal ?? one.className),
    name: one.getAttribute("aria-label") ?? one.textContent.trim().slice(0, 40), ring: ring || outerRing,
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight };
}"""


def walk(page: Page, steps: int) -> list[dict[str, object]]:
    """What Tab meets, step by step."""
    met = []
    for _ in range(steps):
        page.keyboard.press("Tab")
        found = page.evaluate(_FOCUS)
        if found is None or found["tag"] == "iframe":
            continue
        met.append(found)
    return met


def test_tab_order_follows_the_page_and_focus_is_seen(shop: Shop, open_as: As) -> None:
    shop.sapa.deliver(letter("Reached by Tab"))
    page = open_as("alice", "/inbox/open/")
    page.locator(".row", has_text="Reached by Tab").click()
    expect(page.locator("sapa-composer[ready]")).to_be_visible()
    page.reload()
    settle(page)
    met = walk(page, 60)
    assert met[0]["cls"] == "unseen skip"
    assert [one for one in met if not one["ring"]] == []
    assert [one for one in met if not one["seen"]] == []
    places = [page_part(one) for one in met]
    assert places.index("rail") < places.index("row")


def page_part(one: dict[str, object]) -> str:
    return (
        "row" if str(one["cls"]).startswith("row") else "rail" if one["tag"] == "a" and one["name"] else str(one["tag"])
    )


def test_skip_link_leads_to_the_content(open_as: As) -> None:
    page = open_as("alice", "/inbox/open/")
    settle(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_list_of_keys_opens_keeps_the_focus_and_gives_it_back(open_as: As) -> None:
    page = open_as("alice", "/inbox/open/")
    settle(page)
    search = page.locator("#list > header a[href='/search/']")
    search.focus()
    page.keyboard.press("?")
    dialog = page.locator("dialog#keys")
    expect(dialog).to_be_visible()
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "() => document.activeElement === document.body || !!document.activeElement.closest('dialog#keys')"
        )
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(search).to_be_focused()


def test_palette_goes_anywhere(open_as: As) -> None:
    page = open_as("alice", "/inbox/open/")
    settle(page)
    page.keyboard.press("Control+k")
    field = page.locator("#palette input")
    expect(field).to_be_focused()
    page.keyboard.type("resol")
    expect(page.locator("#palette [role=option][aria-selected=true]")).to_contain_text("Resolved")
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox/resolved/")
    settle(page)
    page.keyboard.press("Control+k")
    page.keyboard.type("words that no command has")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=words*")


def test_menu_gives_the_focus_back_to_its_button(shop: Shop, open_as: As) -> None:
    page = open_as("alice", "/inbox/open/")
    shop.sapa.deliver(letter("With a menu"))
    page.locator(".row", has_text="With a menu").click()
    expect(page.locator("sapa-composer[ready]")).to_be_visible()
    button = page.locator("#assign-menu > button")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#assign-menu .find input")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#assign-menu .menu")).to_be_hidden()
    expect(button).to_be_focused()


def test_conversations_are_moved_through_and_answered_without_a_mouse(shop: Shop, open_as: As) -> None:
    for subject in ("First by key", "Second by key"):
        shop.sapa.deliver(letter(subject))
    page = open_as("alice", "/inbox/unassigned/")
    expect(page.locator(".row", has_text="Second by key")).to_be_visible()
    expect(page.locator(".row", has_text="First by key")).to_be_visible()
    settle(page)
    page.keyboard.press("j")
    first = page.evaluate("() => document.activeElement.dataset.id")
    page.keyboard.press("o")
    expect(page.locator(f"#thread .open[data-conversation='{first}']")).to_be_visible()
    page.locator(f"#c{first}").focus()
    page.keyboard.press("j")
    expect(page.locator("#thread .open")).not_to_have_attribute("data-conversation", str(first))
    expect(page.locator("sapa-composer[ready]")).to_be_visible()
    page.keyboard.press("r")
    expect(page.locator("sapa-composer .text")).to_be_focused()
    page.keyboard.type("An answer by key")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message.out")).to_contain_text("An answer by key")
