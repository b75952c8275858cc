import json

import pytest
from django.test import Client

from conftest import World
from sapa.conversations.models import Conversation, Seen
from sapa.customers.models import CustomField

HTMX = {"HX-Request": "true"}
FORMS = {
    "assign": {"to": "me"},
    "status": {"status": "resolved"},
    "snooze": {"until": "2999-01-01T08:00"},
    "priority": {"priority": "4"},
    "tags": {"tags": "one, two"},
    "subject": {"subject": "Another"},
    "fields": {"key": "order", "value": "7"},
    "customer": {"key": "segment", "value": "VIP"},
    "seen": {},
    "unread": {},
}


@pytest.fixture
def alice(world: World, client: Client) -> Client:
    client.force_login(world.alice)
    return client


@pytest.fixture
def conversation(world: World) -> Conversation:
    CustomField.objects.create(target="conversation", key="order", name="Order number", type="number")
    CustomField.objects.create(target="customer", key="segment", name="Segment", type="text")
    return world.receive()


@pytest.mark.parametrize("name", FORMS)
def test_htmx_is_told_what_changed(alice: Client, conversation: Conversation, name: str) -> None:
    answer = alice.post(f"/conversations/{conversation.pk}/{name}", FORMS[name], headers=HTMX)
    assert answer.status_code == 204
    if name != "seen":
        assert json.loads(answer.headers["HX-Trigger"])["sapa:changed"]["conversation"] == conversation.pk


@pytest.mark.parametrize("name", [name for name in FORMS if name != "seen"])
def test_a_plain_form_goes_back_to_where_it_came_from(alice: Client, conversation: Conversation, name: str) -> None:
    answer = alice.post(f"/conversations/{conversation.pk}/{name}", {**FORMS[name], "next": "/inbox/mine/"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/inbox/mine/")
    elsewhere = alice.post(f"/conversations/{conversation.pk}/{name}", {**FORMS[name], "next": "https://evil.example/"})
    assert elsewhere.headers["Location"] == f"/conversations/{conversation.pk}/"


@pytest.mark.parametrize("name", FORMS)
def test_only_posting_changes(alice: Client, conversation: Conversation, name: str) -> None:
    assert alice.get(f"/conversations/{conversation.pk}/{name}").status_code == 405


@pytest.mark.parametrize("name", FORMS)
def test_a_stranger_changes_nothing(client: Client, conversation: Conversation, name: str) -> None:
    assert client.post(f"/conversations/{conversation.pk}/{name}", FORMS[name]).status_code == 302
    unchanged = Conversation.objects.get(pk=conversation.pk)
    assert (unchanged.status, unchanged.subject, unchanged.updated_at) == (
        "open",
        conversation.subject,
        conversation.updated_at,
    )


@pytest.mark.parametrize("name", FORMS)
def test_another_team_does_not_find_it(world: World, client: Client, name: str) -> None:
    hidden = world.receive(inbox=world.billing)
    client.force_login(world.alice)
    assert client.post(f"/conversations/{hidden.pk}/{name}", FORMS[name]).status_code == 404


@pytest.mark.parametrize(
    ("name", "form", "sentence"),
    [
        ("assign", {"to": "999999"}, "no such person"),
        ("assign", {"team": "x"}, "no such team"),
        ("status", {"status": "gone"}, "There is no status"),
        ("status", {}, "There is no status"),
        ("snooze", {"until": "soon"}, "is not a moment"),
        ("snooze", {"until": "2001-01-01T08:00"}, "in the future"),
        ("snooze", {"until": "9999-12-31T23:59"}, ""),
        ("priority", {"priority": "9"}, "from 1 (low) to 4"),
        ("tags", {"tags": "x" * 61}, "At most 30 tags"),
        ("subject", {"subject": " "}, "1 to 300"),
        ("fields", {"key": "order", "value": "many"}, "is not a number"),
        ("fields", {"key": "none", "value": "1"}, "There is no field"),
        ("customer", {"key": "none", "value": "1"}, "There is no field"),
        ("customer", {"name": " "}, "Enter a name"),
    ],
)
def test_a_refusal_is_one_sentence(
    alice: Client, conversation: Conversation, name: str, form: dict[str, str], sentence: str
) -> None:
    answer = alice.post(f"/conversations/{conversation.pk}/{name}", form, headers=HTMX)
    plain = alice.post(f"/conversations/{conversation.pk}/{name}", form)
    if not sentence:
        assert answer.status_code in (204, 422)
        return
    assert answer.status_code == plain.status_code == 422
    assert sentence in json.loads(answer.headers["HX-Trigger"])["sapa:toast"]["text"]
    assert sentence in plain.content.decode()
    assert answer.headers["HX-Reswap"] == "none"


def test_who_may_only_read_is_told_so(world: World, client: Client, conversation: Conversation) -> None:
    world.alice.role.permissions = ["conversation.read"]
    world.alice.role.save()
    client.force_login(world.alice)
    answer = client.post(f"/conversations/{conversation.pk}/status", {"status": "resolved"}, headers=HTMX)
    assert answer.status_code == 422
    assert "Your role does not allow this" in json.loads(answer.headers["HX-Trigger"])["sapa:toast"]["text"]
    page = client.get(f"/conversations/{conversation.pk}/thread").content.decode()
    assert "Resolve" not in page


def test_giving_it_to_a_team_keeps_the_person(world: World, alice: Client, conversation: Conversation) -> None:
    alice.post(f"/conversations/{conversation.pk}/assign", {"to": world.alice.pk})
    alice.post(f"/conversations/{conversation.pk}/assign", {"team": world.support_team.pk})
    conversation.refresh_from_db()
    assert (conversation.assignee, conversation.team) == (world.alice, world.support_team)
    alice.post(f"/conversations/{conversation.pk}/assign", {"to": ""})
    conversation.refresh_from_db()
    assert (conversation.assignee, conversation.team) == (None, world.support_team)


def test_resolving_can_be_taken_back(alice: Client, conversation: Conversation) -> None:
    answer = alice.post(f"/conversations/{conversation.pk}/status", {"status": "resolved"}, headers=HTMX)
    undo = json.loads(answer.headers["HX-Trigger"])["sapa:toast"]["undo"]
    alice.post(undo["url"], undo["values"])
    conversation.refresh_from_db()
    assert conversation.status == "open"


def test_one_tag_is_added_or_removed(alice: Client, conversation: Conversation) -> None:
    for form in ({"tags": "one, two"}, {"add": "three"}, {"remove": "one"}):
        alice.post(f"/conversations/{conversation.pk}/tags", form)
    assert sorted(tag.name for tag in conversation.tags.all()) == ["three", "two"]


def test_what_was_looked_at_is_no_longer_bold_until_marked_unread(
    world: World, alice: Client, conversation: Conversation
) -> None:
    alice.post(f"/conversations/{conversation.pk}/seen", {"message": "99999999999999999999999999"})
    assert Seen.objects.filter(user=world.alice, conversation=conversation).exists()
    assert "row unread" not in alice.get("/inbox/open/", headers=HTMX).content.decode()
    alice.post(f"/conversations/{conversation.pk}/unread")
    assert "row unread" in alice.get("/inbox/open/", headers=HTMX).content.decode()


def test_the_menu_of_people_offers_who_may_answer(world: World, alice: Client, conversation: Conversation) -> None:
    world.bob.is_active = False
    world.bob.save()
    page = alice.get(f"/conversations/{conversation.pk}/people").content.decode()
    assert "Carol" in page
    assert "Bob" not in page
    assert "Support" in page


def test_the_customer_is_changed_from_the_panel(world: World, alice: Client, conversation: Conversation) -> None:
    alice.post(f"/conversations/{conversation.pk}/customer", {"key": "segment", "value": "VIP"})
    alice.post(f"/conversations/{conversation.pk}/customer", {"name": "Daniel"})
    world.dan.refresh_from_db()
    assert (world.dan.name, world.dan.fields) == ("Daniel", {"segment": "VIP"})
