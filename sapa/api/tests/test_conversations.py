import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from conftest import World, incoming
from sapa.accounts.models import User
from sapa.accounts.tokens import create_token, revoke_token
from sapa.conversations import actions
from sapa.conversations.models import Message

Call = Callable[..., tuple[int, Any]]


@pytest.fixture
def call(client: Client) -> Call:
    """Call the API as a person: `call(user, "GET", path, body)` gives status and parsed JSON."""

    def send(user: User | str, method: str, path: str, body: object = None) -> tuple[int, Any]:
        raw = user if isinstance(user, str) else create_token(user, name="test")[1]
        answer = client.generic(
            method,
            f"/api/v1{path}",
            json.dumps(body) if body is not None else "",
            content_type="application/json",
            headers={"Authorization": f"Bearer {raw}"},
        )
        return answer.status_code, json.loads(answer.content) if answer.content else None

    return send


def test_list_has_the_fixed_shape(world: World, call: Call) -> None:
    conversation = world.receive()
    status, page = call(world.alice, "GET", "/conversations?status=open&limit=10")
    assert status == 200
    assert page["next"] is None
    (item,) = page["items"]
    assert item.pop("created_at").endswith("Z")
    assert item == {
        "id": conversation.pk,
        "number": conversation.number,
        "subject": "Order 88213",
        "status": "open",
        "channel": "email",
        "customer": {"id": world.dan.pk, "name": "Dan Customer"},
    }


def test_pages_follow_each_other_without_gap_or_repeat(world: World, call: Call) -> None:
    actions.receive([incoming(world.support, address=f"c{n}@x.example") for n in range(7)])
    seen: list[int] = []
    query = ""
    for _ in range(4):
        page = call(world.alice, "GET", f"/conversations?limit=2{query}")[1]
        seen += [item["id"] for item in page["items"]]
        query = f"&cursor={page['next']}"
    assert page["next"] is None
    assert len(seen) == len(set(seen)) == 7


def test_another_teams_inbox_is_invisible(world: World, call: Call) -> None:
    hidden = world.receive(inbox=world.billing)
    assert call(world.alice, "GET", "/conversations")[1]["items"] == []
    assert call(world.alice, "GET", f"/conversations/{hidden.pk}")[0] == 404
    assert call(world.alice, "POST", f"/conversations/{hidden.pk}/reply", {"text": "x"})[0] == 404
    assert call(world.bob, "GET", f"/conversations/{hidden.pk}")[0] == 200


def test_reply_is_queued_and_answered_with_the_message(world: World, call: Call) -> None:
    conversation = world.receive()
    status, message = call(world.alice, "POST", f"/conversations/{conversation.pk}/reply", {"text": "It left today."})
    assert status == 201
    assert message["direction"] == "out"
    assert message["state"] == "queued"
    assert message["author"] == {"kind": "agent", "id": world.alice.pk, "name": "Alice"}
    conversation.refresh_from_db()
    assert conversation.assignee == world.alice
    assert conversation.waiting_since is None


def test_note_stays_inside(world: World, call: Call) -> None:
    conversation = world.receive()
    status, message = call(
        world.alice, "POST", f"/conversations/{conversation.pk}/note", {"text": f"Look, @[{world.bob.pk}]"}
    )
    assert (status, message["direction"]) == (201, "note")
    assert message["text"] == "Look, @Bob"
    assert not Message.objects.filter(state="queued").exists()
    assert call(world.bob, "GET", f"/conversations/{conversation.pk}")[0] == 200, "who is mentioned may see it"


def test_messages_list(world: World, call: Call) -> None:
    conversation = world.receive("Hello")
    _status, page = call(world.alice, "GET", f"/conversations/{conversation.pk}/messages")
    assert [(one["direction"], one["text"], one["state"]) for one in page["items"]] == [("in", "Hello", "received")]
    assert set(page["items"][0]) == {"id", "direction", "text", "html", "state", "author", "created_at", "attachments"}


def test_change_is_all_or_nothing(world: World, call: Call) -> None:
    conversation = world.receive()
    path = f"/conversations/{conversation.pk}"
    status, problem = call(world.alice, "PATCH", path, {"priority": 4, "assignee": 999999})
    assert (status, problem["errors"][0]["field"]) == (422, "assignee")
    assert call(world.alice, "GET", path)[1]["priority"] == 2
    status, changed = call(world.alice, "PATCH", path, {"priority": 4, "tags": ["VIP"], "status": "resolved"})
    assert (status, changed["priority"], changed["tags"], changed["status"]) == (200, 4, ["vip"], "resolved")


def test_create_in_and_out(world: World, call: Call) -> None:
    body = {
        "inbox": world.support.pk,
        "customer": {"email": "eva@x.example", "name": "Eva"},
        "subject": "Hi",
        "text": "Hello",
    }
    status, made = call(world.alice, "POST", "/conversations", {**body, "outside_id": "form-1"})
    assert (status, made["customer"]["name"]) == (201, "Eva")
    assert call(world.alice, "POST", "/conversations", {**body, "outside_id": "form-1"})[1]["id"] == made["id"]
    status, out = call(world.alice, "POST", "/conversations", {**body, "direction": "out"})
    assert (status, out["assignee"]["name"]) == (201, "Alice")
    assert call(world.alice, "POST", "/conversations", {**body, "inbox": world.billing.pk})[0] == 422


def test_facts_are_given_since_a_cursor(world: World, call: Call) -> None:
    world.receive(inbox=world.billing)
    world.receive()
    _status, page = call(world.alice, "GET", "/facts")
    # Inside a test's open transaction nothing is below the oldest transaction yet; the position stays.
    assert page == {"items": [], "next": "0-0"}


@pytest.mark.parametrize("raw", ["", "sapa_wrong", "x" * 5000, "sapa_\x00"])
def test_wrong_tokens_are_refused(world: World, call: Call, raw: str) -> None:
    status, problem = call(raw, "GET", "/conversations")
    assert (status, problem["status"]) == (401, 401)


def test_tokens_end_with_revocation_and_with_the_persons_account(world: World, call: Call) -> None:
    token, raw = create_token(world.alice, name="test")
    assert call(raw, "GET", "/inboxes")[0] == 200
    revoke_token(token, by=world.alice)
    assert call(raw, "GET", "/inboxes")[0] == 401
    _token, raw = create_token(world.bob, name="test")
    User.objects.filter(pk=world.bob.pk).update(is_active=False)
    assert call(raw, "GET", "/inboxes")[0] == 401


def test_scopes_limit_a_token(world: World, call: Call) -> None:
    _token, raw = create_token(world.alice, name="test", scopes=["conversations:read"])
    assert call(raw, "GET", "/conversations")[0] == 200
    status, problem = call(raw, "GET", "/customers")
    assert (status, "customers:read" in problem["detail"]) == (403, True)


@pytest.mark.parametrize("cursor", ["abc", "1.2.3", "99999999999999999999", "-1", "1.9999999999999999999"])
def test_strange_cursors_are_a_sentence(world: World, call: Call, cursor: str) -> None:
    assert call(world.alice, "GET", f"/conversations?cursor={cursor}")[0] == 422


def test_too_many_calls_are_told_when_to_come_back(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sapa.api import access

    monkeypatch.setattr(access, "CALLS", access.Bucket(rate=0.5, burst=2))
    headers = {"Authorization": f"Bearer {create_token(world.alice, name='test')[1]}"}
    answers = [client.get("/api/v1/inboxes", headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) >= 1


def test_guessing_tokens_is_slowed_down(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from sapa.api import access

    monkeypatch.setattr(access, "FAILURES", access.Bucket(rate=0.1, burst=3))
    answers = [client.get("/api/v1/inboxes", headers={"Authorization": f"Bearer sapa_{n}"}) for n in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]


def test_customers_are_made_and_changed(world: World, call: Call) -> None:
    status, made = call(world.alice, "POST", "/customers", {"name": "Eva", "email": "Eva@x.example"})
    assert (status, made["identities"]) == (201, [{"kind": "email", "address": "eva@x.example"}])
    assert call(world.alice, "POST", "/customers", {"name": "Other", "email": "eva@x.example"})[0] == 422
    assert call(world.alice, "GET", "/customers?email=EVA@x.example")[1]["items"][0]["id"] == made["id"]
    assert call(world.alice, "PATCH", f"/customers/{made['id']}", {"name": "Eva Baru"})[1]["name"] == "Eva Baru"
    assert len(call(world.alice, "GET", "/customers")[1]["items"]) == 2, "a refused customer leaves nothing behind"
