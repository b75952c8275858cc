import pytest
from django.test import Client

from conftest import World
from sapa.timeline.present import present_in


def test_the_others_are_shown(client: Client, world: World) -> None:
    conversation = world.receive()
    sent = {"conversation": conversation.pk, "tab": "a"}
    client.force_login(world.carol)
    assert client.post("/presence", {**sent, "doing": "typing"}).content.strip() == b""
    client.force_login(world.alice)
    page = client.post("/presence", {**sent, "doing": "viewing"}).content.decode()
    assert "Carol is typing" in page
    assert "Alice" not in page
    assert client.post("/presence", {**sent, "doing": "gone"}).status_code == 204
    assert [one.user for one in present_in(conversation.pk)] == [world.carol]


def test_nobody_looks_where_they_may_not(client: Client, world: World) -> None:
    private = world.receive(inbox=world.billing)
    client.force_login(world.alice)
    assert client.post("/presence", {"conversation": private.pk, "tab": "a", "doing": "viewing"}).status_code == 404
    assert present_in(private.pk) == []


@pytest.mark.parametrize("conversation", ["", "x", "-1", "9" * 30, "٣"])
def test_what_is_no_conversation_is_not_found(client: Client, world: World, conversation: str) -> None:
    client.force_login(world.alice)
    assert client.post("/presence", {"conversation": conversation, "tab": "a", "doing": "gone"}).status_code == 404


def test_a_wrong_word_is_named_in_a_sentence(client: Client, world: World) -> None:
    client.force_login(world.alice)
    answer = client.post("/presence", {"conversation": world.receive().pk, "tab": "a", "doing": "sleeping"})
    assert (answer.status_code, "sleeping" in answer.content.decode()) == (422, True)


def test_strangers_and_other_methods_are_turned_away(client: Client, world: World) -> None:
    assert client.post("/presence").status_code == 302
    client.force_login(world.alice)
    assert client.get("/presence").status_code == 405
