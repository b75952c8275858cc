import threading
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from conftest import World, empty_tables
from sapa.accounts import first
from sapa.accounts.models import User
from sapa.conversations.models import Inbox

FORM = {
    "name": "Ada",
    "email": "ada@shop.example",
    "password": "correct horse battery",
    "inbox_name": "Support",
    "inbox_address": "support@shop.example",
}


@pytest.fixture
def link(db: None, settings: object, tmp_path: Path) -> str:
    settings.HOME = tmp_path  # type: ignore[attr-defined]
    return first.link_path()


def test_the_link_makes_the_first_administrator_and_inbox_and_logs_in(
    link: str, client: Client, settings: object
) -> None:
    assert (settings.HOME / first.FILE).stat().st_mode & 0o777 == 0o600  # type: ignore[attr-defined]
    assert client.get(link).status_code == 200
    answer = client.post("/welcome/", {**FORM, "token": link.partition("=")[2]})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    user = User.objects.get()
    assert (user.role.key, client.session["_auth_user_id"]) == ("administrator", str(user.pk))
    assert Inbox.objects.get().address == "support@shop.example"
    assert not (settings.HOME / first.FILE).exists()  # type: ignore[attr-defined]
    assert client.get(link).status_code == 404
    assert first.link_path() == ""


def test_without_the_token_it_stays_closed(link: str, client: Client) -> None:
    for token in ("", "wrong", "ü"):
        assert client.get("/welcome/", {"token": token}).status_code == 403
        assert client.post("/welcome/", {**FORM, "token": token}).status_code == 403
    assert not User.objects.exists()


def test_the_link_stays_the_same_until_it_is_used(link: str) -> None:
    assert first.link_path() == link


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("password", "short", "too short"),
        ("email", "no address", "valid email"),
        ("name", "   ", "required"),
    ],
)
def test_wrong_input_is_a_sentence_and_nothing_is_half_made(
    link: str, client: Client, field: str, value: str, sentence: str
) -> None:
    answer = client.post("/welcome/", {**FORM, field: value, "token": link.partition("=")[2]})
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert not User.objects.exists()
    assert not Inbox.objects.exists()


def test_of_two_posts_at_once_one_wins(lasting_world: World, settings: object, tmp_path: Path) -> None:
    empty_tables()
    settings.HOME = tmp_path  # type: ignore[attr-defined]
    token = first.link_path().partition("=")[2]
    start, found = threading.Barrier(2), []

    def post(number: int) -> None:
        client = Client(headers={"Accept-Language": "en"})
        start.wait()
        answer = client.post(
            "/welcome/", {**FORM, "email": f"a{number}@x.example", "inbox_address": "", "token": token}
        )
        found.append(answer.status_code)
        connection.close()

    threads = [threading.Thread(target=post, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert User.objects.count() == 1
    assert found.count(302) == 1
