"""Pages in Indonesian hold no English: whatever lacks its translation, or is written into a template, shows here."""

import re
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse

from conftest import World
from sapa.conversations import actions

ENGLISH = re.compile(
    r"\b(save|cancel|send|reply|settings|search|delete|remove|change|edit|add|new|open|close|closed|log in|log out|sign in|"
    r"password|inbox|customers?|company|companies|conversations?|messages?|notes?|tags?|teams?|people|roles?|invite|"
    r"invitation|assign|assigned|unassigned|snooze|resolve|reopen|priority|subject|name|address|nobody|everybody|never|"
    r"yes|no|none|next|previous|back|show|hide|more|choose|enter your|the|your|you|with|and|this|from|until)\b",
    re.IGNORECASE,
)
NOT_WORDS = re.compile(r"\{\w+\}|Dan Customer|customer\.example")
SHOWN = {"title", "aria-label", "placeholder", "alt"}
UNSHOWN = {
    "script",
    "style",
    "option",
    "kbd",
    "code",
}  # time zones have English names, keys are called Enter everywhere
ENTRANCE = ["account_login", "account_reset_password", "account_reset_password_done", "account_inactive"]
SETTINGS = [
    "people:profile",
    "people:tokens",
    "people:people",
    "people:invite",
    "people:roles",
    "people:create_role",
    "people:teams",
    "people:create_team",
    "people:audit",
    "mfa_index",
    "usersessions_list",
    "mfa_list_webauthn",
    "account_change_password",
    "channels:inboxes",
    "channels:choose",
    "channels:unreadable",
    "channels:create_email",
    "records:fields",
    "records:tags",
    "records:customers",
    "records:companies",
]


class Texts(HTMLParser):
    """What a page says: its text, and the attributes that are read out or shown, but nothing in another language."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.open: list[tuple[str, bool]] = []

    def english(self) -> list[str]:
        """The texts with an English word in them; the world's customer has one for a name, and `{name}` is a placeholder."""
        return [text for text in self.said if ENGLISH.search(NOT_WORDS.sub("", text))]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        hidden = tag in UNSHOWN or given.get("lang") == "en" or any(skipped for _tag, skipped in self.open)
        texts = {key for key in given if key.startswith("data-") and " " in (given[key] or "")}
        if not hidden:
            self.said += [given[key] or "" for key in (SHOWN | texts) & given.keys()]
        if tag not in {"input", "meta", "link", "img", "br", "hr"}:
            self.open.append((tag, hidden))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(skipped for _tag, skipped in self.open):
            self.said.append(data.strip())


def english(client: Client, address: str) -> list[str]:
    """The texts of the page with an English word in them."""
    answer = client.get(address, headers={"accept-language": "id"}, follow=True)
    assert answer.status_code == 200
    assert '<html lang="id"' in answer.content.decode()
    page = Texts()
    page.feed(answer.content.decode())
    assert page.said
    return page.english()


@pytest.mark.parametrize("name", ENTRANCE)
def test_entrance_is_all_in_indonesian(db: None, client: Client, name: str) -> None:
    assert english(client, reverse(name)) == []


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_are_all_in_indonesian(world: World, client: Client, name: str) -> None:
    client.force_login(world.ada)
    assert english(client, reverse(name)) == []


@pytest.mark.parametrize(
    "name", ["channels:inbox", "channels:outgoing", "channels:mailboxes", "channels:create_mailbox"]
)
def test_settings_of_an_inbox_are_all_in_indonesian(world: World, client: Client, name: str) -> None:
    client.force_login(world.ada)
    assert english(client, reverse(name, args=[world.support.pk])) == []


@pytest.mark.parametrize(
    "address", ["/inbox/open/", "/conversations/new", "/notifications/", "/search/", "/search/?q=pesanan"]
)
def test_work_is_all_in_indonesian(world: World, client: Client, address: str) -> None:
    client.force_login(world.ada)
    assert english(client, address) == []


def test_conversation_is_all_in_indonesian(world: World, client: Client) -> None:
    conversation = world.receive("Halo, pesanan saya di mana?", subject="Pesanan 88213")
    actions.reply(conversation, by=world.alice, text="Kami periksa dahulu.")
    actions.note(conversation, by=world.alice, text="Tolong cek ke gudang.")
    client.force_login(world.ada)
    for part in ("thread", "side", "composer", "people", "tag-menu"):
        page = Texts()
        answer = client.get(f"/conversations/{conversation.pk}/{part}", headers={"accept-language": "id"})
        assert answer.status_code == 200
        page.feed(answer.content.decode())
        assert page.english() == []
    assert english(client, f"/inbox/open/{conversation.pk}/") == []


def test_page_that_is_not_there_is_all_in_indonesian(world: World, client: Client) -> None:
    client.force_login(world.alice)
    page = Texts()
    page.feed(client.get("/not-there/", headers={"accept-language": "id"}).content.decode())
    assert page.english() == []


def test_an_english_browser_reads_english(db: None, client: Client) -> None:
    page = client.get(reverse("account_login"), headers={"accept-language": "en"}).content.decode()
    assert '<html lang="en"' in page
    assert "Log in" in page
    assert "Masuk" not in page
