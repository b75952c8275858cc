from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from conftest import World
from sapa.accounts import actions
from sapa.accounts.models import AuditEntry, Invitation, User
from sapa.core import clock

FORM = {"name": "Eva", "password": "correct horse battery"}


def path_of(link: str) -> str:
    return "/invitation/" + link.rstrip("/").rpartition("/")[2] + "/"


@pytest.fixture
def link(world: World) -> str:
    _invitation, link = actions.invite(
        email="Eva@x.example", role=world.alice.role, teams=[world.support_team], by=world.ada
    )
    return path_of(link)


def test_the_link_comes_by_mail_and_makes_the_promised_account(world: World, client: Client) -> None:
    client.force_login(world.ada)
    client.post(
        reverse("people:invite"),
        {"email": "eva@x.example", "role": world.alice.role_id, "teams": world.support_team.pk},
    )
    [sent] = mail.outbox
    assert sent.to == ["eva@x.example"]
    link = path_of(next(line for line in sent.body.splitlines() if "/invitation/" in line))
    client.logout()
    assert "eva@x.example" in client.get(link).content.decode()
    before = client.session.session_key
    answer = client.post(link, FORM)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    eva = User.objects.get(email="eva@x.example")
    assert (eva.role, list(eva.teams.all()), eva.check_password(FORM["password"])) == (
        world.alice.role,
        [world.support_team],
        True,
    )
    assert client.session["_auth_user_id"] == str(eva.pk)
    assert client.session.session_key != before


def test_it_works_once(world: World, link: str, client: Client) -> None:
    client.post(link, FORM)
    client.logout()
    assert client.get(link).status_code == 410
    assert client.post(link, {**FORM, "name": "Mallory"}).status_code == 410
    assert User.objects.filter(email="eva@x.example").count() == 1


def test_only_the_hash_is_stored(world: World, link: str) -> None:
    token = link.split("/")[2]
    assert token not in str(Invitation.objects.values()) + str(AuditEntry.objects.values())


def test_it_ends_after_seven_days(world: World, link: str, client: Client) -> None:
    Invitation.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert client.post(link, FORM).status_code == 410
    assert not User.objects.filter(email="eva@x.example").exists()


def test_sending_again_ends_the_old_link(world: World, link: str, client: Client) -> None:
    renewed, fresh = actions.renew_invitation(Invitation.objects.get(), by=world.ada)
    assert client.get(link).status_code == 410
    assert client.get(path_of(fresh)).status_code == 200
    assert renewed.expires_at > clock.now() + timedelta(days=6)


def test_a_withdrawn_one_opens_nothing(world: World, link: str, client: Client) -> None:
    staff = Client()
    staff.force_login(world.ada)
    staff.post(reverse("people:withdraw", args=[Invitation.objects.get().pk]))
    assert client.post(link, FORM).status_code == 410


def test_it_ends_with_the_account_of_who_sent_it(world: World, link: str, client: Client) -> None:
    User.objects.filter(pk=world.ada.pk).update(is_active=False)
    assert client.post(link, FORM).status_code == 410


def test_a_weak_password_is_told_and_nothing_is_used_up(world: World, link: str, client: Client) -> None:
    answer = client.post(link, {"name": "Eva", "password": "password12"})
    assert "too common" in answer.content.decode()
    assert client.get(link).status_code == 200


def test_one_address_is_invited_once(world: World, link: str, client: Client) -> None:
    client.force_login(world.ada)
    answer = client.post(reverse("people:invite"), {"email": "EVA@x.example", "role": world.alice.role_id})
    assert "invited already" in answer.content.decode()
    answer = client.post(reverse("people:invite"), {"email": "bob@shop.example", "role": world.alice.role_id})
    assert "here already" in answer.content.decode()


def test_without_outgoing_mail_the_page_shows_the_link(world: World, client: Client, settings: object) -> None:
    settings.EMAIL_BACKEND = settings.OWN_EMAIL_BACKEND  # type: ignore[attr-defined]
    client.force_login(world.ada)
    answer = client.post(reverse("people:invite"), {"email": "eva@x.example", "role": world.alice.role_id})
    assert "/invitation/" in answer.content.decode()
    assert not mail.outbox


def test_somebody_logged_in_is_not_replaced(world: World, link: str, client: Client) -> None:
    client.force_login(world.bob)
    assert client.post(link, FORM).status_code == 409
    assert client.session["_auth_user_id"] == str(world.bob.pk)
