import json
from html import unescape
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from conftest import World, incoming
from sapa.accounts.models import Role
from sapa.conversations import actions
from sapa.conversations.models import Conversation, Draft, DraftFile, Message
from sapa.desk.queries import rows_of

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def alice(world: World, client: Client) -> Client:
    client.force_login(world.alice)
    return client


def post(client: Client, conversation: Conversation, path: str, **values: object) -> "Answer":
    return client.post(f"/conversations/{conversation.pk}/{path}", values, headers=SCRIPT)


def shown(client: Client, conversation: Conversation, kind: str = "reply") -> str:
    address = f"/conversations/{conversation.pk}/composer?kind={kind}"
    return unescape(client.get(address, headers={"HX-Request": "true"}).content.decode())


POSTS = ["draft", "draft/discard", "draft/settle", "draft/files", "draft/files/1/remove", "reply", "note", "withdraw"]


@pytest.mark.parametrize("path", [*POSTS, "composer", "colleagues", "draft/files/1"])
def test_another_team_gets_404_and_the_wrong_method_405(world: World, client: Client, path: str) -> None:
    conversation = world.receive(inbox=world.billing)
    client.force_login(world.alice)
    ask, wrong = (client.post, client.get) if path in POSTS else (client.get, client.post)
    assert ask(f"/conversations/{conversation.pk}/{path}").status_code == 404
    assert wrong(f"/conversations/{conversation.pk}/{path}").status_code == 405


@pytest.mark.parametrize("path", [*POSTS, "composer", "colleagues"])
def test_nobody_gets_in_without_a_log_in(world: World, client: Client, path: str) -> None:
    answer = client.post(f"/conversations/{world.receive().pk}/{path}")
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/accounts/login/")


def test_the_composer_shows_recipients_and_signature(world: World, alice: Client) -> None:
    world.alice.signature = "Alice\nShop"
    world.alice.save()
    page = shown(alice, world.receive())
    assert 'name="to" value="Dan Customer <dan@customer.example>"' in page
    assert "Alice\nShop" in page


def test_without_htmx_it_is_a_page_whose_plain_form_sends(world: World, alice: Client) -> None:
    conversation = world.receive()
    page = alice.get(f"/conversations/{conversation.pk}/composer").content.decode()
    assert "<html" in page
    assert '<textarea name="text"' in page
    values = {"text": "Plain\nwords", "to": "dan@customer.example", "cc": "", "bcc": "", "version": "0"}
    answer = alice.post(
        f"/conversations/{conversation.pk}/reply", {**values, "file": SimpleUploadedFile("a.txt", b"x")}
    )
    message = Message.objects.get(direction="out")
    assert (answer.status_code, message.text) == (302, "Plain\nwords")
    assert [file.name for file in message.attachments.all()] == ["a.txt"]


def test_a_draft_survives_a_reload(world: World, alice: Client) -> None:
    conversation = world.receive()
    saved = post(alice, conversation, "draft", kind="reply", html="<p>half a sen</p>", to="eve@x.example", editor="a")
    assert (saved.status_code, saved.json()["version"]) == (200, 1)
    page = shown(alice, conversation)
    assert "half a sen" in page
    assert 'value="eve@x.example"' in page
    assert 'data-version="1"' in page


def test_an_empty_draft_is_not_listed_as_one(world: World, alice: Client) -> None:
    conversation = world.receive()
    post(alice, conversation, "draft", kind="reply", html="<div>x</div>", editor="a")
    assert list(rows_of("drafts", world.alice)) == [conversation]
    post(alice, conversation, "draft", kind="reply", html="<div><br></div>", version=1, editor="a")
    assert list(rows_of("drafts", world.alice)) == []
    post(alice, conversation, "draft/files", kind="reply", file=SimpleUploadedFile("a.txt", b"x"))
    assert list(rows_of("drafts", world.alice)) == [conversation]


def test_a_half_typed_address_does_not_keep_the_text_from_being_saved(world: World, alice: Client) -> None:
    conversation = world.receive()
    saved = post(alice, conversation, "draft", kind="reply", html="<p>text</p>", to="eve@", editor="a").json()
    assert saved["problem"] == {"sentence": "«eve@» is not an e-mail address.", "field": "to"}
    assert "text" in Draft.objects.get().html


def test_two_tabs_get_the_other_text_to_choose_from(world: World, alice: Client) -> None:
    conversation = world.receive()
    post(alice, conversation, "draft", kind="reply", html="<p>from one</p>", version=0, editor="one")
    answer = post(alice, conversation, "draft", kind="reply", html="<p>from two</p>", version=0, editor="two")
    assert answer.status_code == 409
    assert "from one" in answer.json()["others"][0]
    assert "Another tab or device had saved a different text" in shown(alice, conversation)
    assert post(alice, conversation, "draft/settle", kind="reply").status_code == 204
    assert Draft.objects.get().others == []


def test_sending_answers_with_what_undo_needs_and_undo_brings_the_draft_back(world: World, alice: Client) -> None:
    conversation = world.receive()
    post(alice, conversation, "draft", kind="reply", html="<p>too early</p>", editor="a")
    sent = post(alice, conversation, "reply", html="<p>too early</p>", version=1, editor="a", then="resolved").json()
    assert (sent["undo_seconds"], sent["was"]) == (10, "open")
    conversation.refresh_from_db()
    assert conversation.status == "resolved"
    back = post(alice, conversation, "withdraw", message=sent["message"], was="open")
    assert back.status_code == 204
    conversation.refresh_from_db()
    assert conversation.status == "open"
    assert "too early" in shown(alice, conversation)
    again = post(alice, conversation, "withdraw", message=sent["message"])
    assert (again.status_code, again.json()["sentence"]) == (409, "This message has been taken back already.")


def test_a_second_click_on_send_sends_nothing_twice(world: World, alice: Client) -> None:
    conversation = world.receive()
    post(alice, conversation, "draft", kind="reply", html="<p>once</p>", editor="a")
    first = post(alice, conversation, "reply", html="<p>once</p>", version=1, editor="a")
    second = post(alice, conversation, "reply", html="<p>once</p>", version=1, editor="a")
    assert (first.status_code, second.status_code) == (201, 409)
    assert Message.objects.filter(direction="out").count() == 1


def test_an_answer_that_left_cannot_be_taken_back(world: World, alice: Client) -> None:
    conversation = world.receive()
    message = actions.reply(conversation, by=world.alice, text="gone")
    Message.objects.filter(pk=message.pk).update(state="sent")
    answer = post(alice, conversation, "withdraw", message=message.pk)
    assert (answer.status_code, "too late" in answer.json()["sentence"]) == (409, True)


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"html": "<p> </p>"}, "text", "Write something before you send."),
        ({"html": "x", "to": ""}, "to", "Write at least one address"),
        ({"html": "x", "to": "support@shop.example"}, "to", "an address of this desk"),
        ({"html": "x", "to": "a@x.example", "bcc": "b@"}, "bcc", "«b@» is not an e-mail address."),
    ],
)
def test_what_cannot_be_sent_is_refused_in_one_sentence(
    world: World, alice: Client, values: dict[str, str], field: str, sentence: str
) -> None:
    answer = post(alice, world.receive(), "reply", **values)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert sentence in answer.json()["sentence"]
    assert not Message.objects.filter(direction="out").exists()
    assert not Draft.objects.exists()  # nothing half done


def test_send_and_resolve_without_the_right_to_resolve_sends_nothing(world: World, alice: Client) -> None:
    world.alice.role = Role.objects.create(
        key="writer", name="W", permissions=["conversation.read", "conversation.reply"]
    )
    world.alice.save()
    answer = post(alice, world.receive(), "reply", html="x", then="resolved")
    assert answer.status_code == 403
    assert not Message.objects.filter(direction="out").exists()


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        '<svg onload="alert(1)"></svg>',
        '<a href="javascript:alert(1)">x</a>',
        '<iframe src="https://evil.example"></iframe>',
        '<form action="https://evil.example"><input name=p></form>',
        '<p style="position:fixed;background:url(https://evil.example)">x</p>',
        '<math><mtext><table><mglyph><style><img src=x onerror="alert(1)">',
    ],
)
def test_pasted_markup_cannot_run_in_a_draft_nor_in_what_is_sent(world: World, alice: Client, hostile: str) -> None:
    conversation = world.receive()
    post(alice, conversation, "draft", kind="note", html=f"<p>words</p>{hostile}")
    post(alice, conversation, "note", html=f"<p>words</p>{hostile}", version=1)
    kept = Message.objects.get(direction="note").html.lower()
    for word in ("alert", "onerror", "onload", "javascript:", "iframe", "<form", "position", "evil.example"):
        assert word not in kept


def test_a_picture_in_the_text_goes_with_the_answer_by_its_content_id(world: World, alice: Client) -> None:
    conversation = world.receive()
    file = SimpleUploadedFile("shot.png", PNG)
    added = post(alice, conversation, "draft/files", kind="reply", inline="1", file=file)
    assert added.status_code == 201
    cid = added.json()["content_id"]
    assert alice.get(added.json()["url"])["Content-Type"] == "image/png"
    html = f'<p>see <img src="cid:{cid}"></p>'
    post(alice, conversation, "draft", kind="reply", html=html)
    assert f'data-cid="{cid}" src="{added.json()["url"]}"' in shown(alice, conversation)
    post(alice, conversation, "reply", html=html, version=1)
    message = Message.objects.get(direction="out")
    assert [(row.content_id, row.is_inline) for row in message.attachments.all()] == [(cid, True)]
    assert cid in message.html


def test_a_picture_that_was_deleted_from_the_text_is_not_sent(world: World, alice: Client) -> None:
    conversation = world.receive()
    post(alice, conversation, "draft/files", kind="reply", inline="1", file=SimpleUploadedFile("shot.png", PNG))
    post(alice, conversation, "reply", html="<p>no picture</p>", version=1)
    assert Message.objects.get(direction="out").attachments.count() == 0


def test_a_file_of_thirty_megabytes_is_refused_with_a_sentence(world: World, alice: Client) -> None:
    file = SimpleUploadedFile("film.mp4", b"\0" * (30 * 1024 * 1024))
    answer = post(alice, world.receive(), "draft/files", kind="reply", file=file)
    assert answer.status_code == 413
    assert answer.json() == {
        "sentence": "«film.mp4» is too large: a file may have at most 25 MB.",
        "field": "file",
    }
    assert not DraftFile.objects.exists()


def test_a_hostile_file_is_never_served_as_a_page(world: World, alice: Client, settings: Settings) -> None:
    file = SimpleUploadedFile("../../a\u202e\r\nX: y.html", b"<script>alert(1)</script>", content_type="image/png")
    added = post(alice, world.receive(), "draft/files", kind="reply", inline="1", file=file).json()
    assert "/" not in added["name"]
    assert "\n" not in added["name"]
    served = alice.get(added["url"])
    assert "html" not in served["Content-Type"]
    assert served["X-Content-Type-Options"] == "nosniff"


def test_a_file_can_be_taken_off_and_only_ones_own(world: World, alice: Client) -> None:
    conversation = world.receive()
    added = post(alice, conversation, "draft/files", kind="reply", file=SimpleUploadedFile("a.txt", b"x")).json()
    other = Client()
    other.force_login(world.carol)
    assert other.get(added["url"]).status_code == 404
    assert post(alice, conversation, f"draft/files/{added['id']}/remove").status_code == 204
    assert not DraftFile.objects.exists()


def test_mention_offers_colleagues_by_any_word_of_their_name(world: World, alice: Client) -> None:
    world.bob.name = "Robert Bob Brown"
    world.bob.save()
    conversation = world.receive()
    found = alice.get(f"/conversations/{conversation.pk}/colleagues?q=bro").json()["items"]
    assert [person["name"] for person in found] == ["Robert Bob Brown"]
    everybody = alice.get(f"/conversations/{conversation.pk}/colleagues?q=").json()["items"]
    assert everybody[-1]["name"] == "Alice"


def test_a_closed_conversation_says_so_instead_of_a_form(world: World, alice: Client) -> None:
    conversation = world.receive()
    actions.change_status(conversation, "closed", by=world.alice)
    page = shown(alice, conversation)
    assert "Reopen it to answer" in page
    assert "<form" not in page


def test_who_may_only_write_notes_gets_only_the_note(world: World, client: Client) -> None:
    world.bob.role = Role.objects.get(key="quality")
    world.bob.save()
    client.force_login(world.bob)
    page = shown(client, world.receive())
    assert 'data-kind="note"' in page
    assert "tab-reply" not in page


def test_the_button_on_the_message_takes_it_back_too(world: World, alice: Client) -> None:
    conversation = world.receive()
    message = actions.reply(conversation, by=world.alice, text="x")
    address = f"/conversations/{conversation.pk}/withdraw"
    answer = alice.post(address, {"message": message.pk}, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert set(json.loads(answer["HX-Trigger"])) == {"sapa:changed", "sapa:taken-back", "sapa:toast"}


def test_the_composer_takes_few_queries_whatever_the_history(
    world: World, alice: Client, django_assert_max_num_queries: object
) -> None:
    first = incoming(world.support)
    conversation = Conversation.objects.get(pk=actions.receive([first])[0].conversation_id)
    for _ in range(5):
        actions.receive([incoming(world.support, references=(first.outside_id,))])
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        shown(alice, conversation)
