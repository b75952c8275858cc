import pytest
from django.test import Client

from conftest import World
from sapa.conversations.models import Conversation, Message

GIVEN = {"address": "Eva@x.example", "name": "Eva", "subject": "Your order", "text": "It is ready."}


def post(client: Client, world: World, **more: object) -> object:
    return client.post("/conversations/new", {**GIVEN, "inbox": world.support.pk, **more})


def test_the_company_writes_first(client: Client, world: World) -> None:
    client.force_login(world.alice)
    assert client.get("/conversations/new?to=eva@x.example").status_code == 200
    answer = post(client, world)
    conversation = Conversation.objects.get()
    assert answer["Location"] == f"/conversations/{conversation.pk}/"  # type: ignore[index]
    assert (conversation.assignee, conversation.subject, str(conversation.customer)) == (
        world.alice,
        "Your order",
        "Eva",
    )
    assert Message.objects.get().state == "queued"


@pytest.mark.parametrize(
    "wrong", [{"address": "nobody"}, {"subject": ""}, {"text": " "}, {"inbox": "999999"}, {"inbox": "x"}]
)
def test_wrong_input_is_told_and_makes_nothing(client: Client, world: World, wrong: dict[str, str]) -> None:
    client.force_login(world.alice)
    assert post(client, world, **wrong).status_code == 422  # type: ignore[attr-defined]
    assert not Conversation.objects.exists()


def test_another_teams_inbox_cannot_be_written_from(client: Client, world: World) -> None:
    client.force_login(world.alice)
    assert post(client, world, inbox=world.billing.pk).status_code == 422  # type: ignore[attr-defined]
    assert not Message.objects.exists()


def test_who_may_not_answer_may_not_begin(client: Client, world: World) -> None:
    world.alice.role.permissions = ["conversation.read"]
    world.alice.role.save()
    client.force_login(world.alice)
    assert post(client, world).status_code == 403  # type: ignore[attr-defined]
    client.logout()
    assert post(client, world).status_code == 302  # type: ignore[attr-defined]
