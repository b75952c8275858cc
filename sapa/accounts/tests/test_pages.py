import pytest
from django.test import Client
from django.urls import reverse

from conftest import World
from sapa.accounts import actions
from sapa.accounts.models import Role

EVERYBODY = [
    "people:profile",
    "people:tokens",
    "mfa_index",
    "usersessions_list",
    "mfa_list_webauthn",
    "account_change_password",
]
PEOPLE = [
    "people:people",
    "people:invite",
    "people:roles",
    "people:create_role",
    "people:teams",
    "people:create_team",
    "people:audit",
]
ENTRANCE = ["account_login", "account_reset_password", "account_reset_password_done", "account_inactive"]
CLOSED = [
    "account_signup",
    "account_email",
    "socialaccount_connections",
    "socialaccount_signup",
    "account_email_verification_sent",
]
POSTS = ["people:create_token", "people:export_audit"]


@pytest.mark.parametrize("name", EVERYBODY)
def test_pages_about_oneself_open(world: World, client: Client, name: str) -> None:
    client.force_login(world.alice)
    answer = client.get(reverse(name), follow=True)
    assert answer.status_code == 200
    assert "script-src 'self' 'nonce-" in answer.headers["Content-Security-Policy"]
    assert " style=" not in answer.content.decode()


@pytest.mark.parametrize("name", PEOPLE)
def test_pages_of_people_open_for_administrators_only(world: World, client: Client, name: str) -> None:
    client.force_login(world.ada)
    assert client.get(reverse(name)).status_code == 200
    client.force_login(world.alice)
    assert client.get(reverse(name)).status_code == 403


@pytest.mark.parametrize("name", [*EVERYBODY, *PEOPLE])
def test_strangers_are_sent_to_the_log_in(world: World, client: Client, name: str) -> None:
    answer = client.get(reverse(name))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", ENTRANCE)
@pytest.mark.parametrize("language", ["en", "id"])
def test_ways_in_open_for_strangers(world: World, client: Client, name: str, language: str) -> None:
    assert client.get(reverse(name), headers={"Accept-Language": language}).status_code == 200


@pytest.mark.parametrize("name", CLOSED)
def test_what_sapa_does_not_have_is_not_there(world: World, client: Client, name: str) -> None:
    assert client.get(reverse(name)).status_code == 404
    client.force_login(world.ada)
    assert client.get(reverse(name)).status_code == 404
    assert client.post(reverse(name), {"email": "eva@x.example", "password1": "long enough phrase"}).status_code == 404


@pytest.mark.parametrize("name", POSTS)
def test_changes_need_a_post(world: World, client: Client, name: str) -> None:
    client.force_login(world.ada)
    assert client.get(reverse(name)).status_code == 405


def test_changes_of_one_person_role_or_team_need_a_post(world: World, client: Client) -> None:
    client.force_login(world.ada)
    for name in (
        "deactivate",
        "reactivate",
        "delete_role",
        "delete_team",
        "renew",
        "withdraw",
        "end_session",
        "revoke_token",
    ):
        assert client.get(reverse(f"people:{name}", args=[1])).status_code == 405


def test_every_page_of_one_thing_opens(world: World, client: Client) -> None:
    client.force_login(world.ada)
    invitation, _link = actions.invite(email="eva@x.example", role=world.alice.role, teams=[], by=world.ada)
    for name, id in [("person", world.alice.pk), ("role", world.alice.role_id), ("team", world.support_team.pk)]:
        assert client.get(reverse(f"people:{name}", args=[id])).status_code == 200
        assert client.get(reverse(f"people:{name}", args=[10**18])).status_code == 404
    assert invitation.email in client.get(reverse("people:people")).content.decode()
    administrator = Role.objects.get(key="administrator")
    assert "cannot be changed" in client.get(reverse("people:role", args=[administrator.pk])).content.decode()


@pytest.mark.parametrize("count", [1, 40])
def test_the_list_of_people_takes_the_same_number_of_statements_for_any_number(
    world: World, client: Client, django_assert_max_num_queries: object, count: int
) -> None:
    for n in range(count):
        user = actions.create_user(email=f"p{n}@x.example", name=f"P{n}", role="agent")
        user.teams.add(world.support_team)
    client.force_login(world.ada)
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        client.get(reverse("people:people"))
