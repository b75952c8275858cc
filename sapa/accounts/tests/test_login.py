import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from conftest import World
from sapa.accounts.actions import set_password
from sapa.accounts.models import AuditEntry
from sapa.core.errors import Refused


def log_in(client: Client, world: World, **more: str) -> int:
    form = {"login": world.alice.email, "password": world.password, **more}
    return client.post("/accounts/login/", form, follow=False).status_code


def code_for(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def test_log_ins_failures_and_log_outs_are_audited(world: World, client: Client) -> None:
    assert log_in(client, world, password="wrong") == 200
    assert log_in(client, world) == 302
    client.post("/accounts/logout/")
    lines = AuditEntry.objects.order_by("id").values_list("action", "target", "address")
    alice = f"user:{world.alice.pk} alice@shop.example"
    assert list(lines) == [
        ("login.failed", "user:? alice@shop.example", "127.0.0.1"),
        ("session.started", alice, "127.0.0.1"),
        ("session.ended", alice, "127.0.0.1"),
    ]


def test_a_password_typed_as_address_is_not_kept(world: World, client: Client) -> None:
    log_in(client, world, login="my secret phrase", password="x")
    assert "secret phrase" not in str(AuditEntry.objects.values())


def test_the_session_gets_a_new_key_at_log_in(world: World, client: Client) -> None:
    client.post("/language/", {"language": "id"})
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    client.cookies["sessionid"] = str(session.session_key)
    planted = session.session_key
    log_in(client, world)
    assert client.session.session_key != planted
    other = Client()
    other.cookies["sessionid"] = str(planted)
    assert other.get(reverse("people:profile")).status_code == 302


@pytest.mark.parametrize(
    "after", ["https://evil.example/", "//evil.example/", "\\\\evil.example", "javascript:alert(1)"]
)
def test_the_way_after_the_log_in_stays_here(world: World, client: Client, after: str) -> None:
    for path in ("/accounts/login/", "/accounts/logout/"):
        form = {"login": world.alice.email, "password": world.password, "next": after}
        answer = client.post(path, form)
        assert "evil" not in answer.headers["Location"]
        assert "javascript" not in answer.headers["Location"]
    assert client.post("/language/", {"language": "id", "next": after}).headers["Location"] == "/accounts/login/"


def test_tries_are_limited_across_processes(world: World, client: Client) -> None:
    cache.clear()
    for _ in range(5):
        log_in(client, world, password="wrong")
    assert log_in(Client(), world) == 200
    with connection.cursor() as cursor:  # what every process sees
        cursor.execute("select count(*) from core_cache where cache_key like %s", ("%login_failed%",))
        assert cursor.fetchone()[0] > 0


def test_a_deactivated_person_is_told_so_only_with_the_right_password(world: World, client: Client) -> None:
    world.alice.is_active = False
    world.alice.save()
    answer = client.post("/accounts/login/", {"login": world.alice.email, "password": world.password}, follow=True)
    assert "_auth_user_id" not in client.session
    assert answer.status_code == 200


def test_a_code_of_the_authenticator_works_once_and_not_after_turning_it_on(
    world: World, client: Client, django_capture_on_commit_callbacks: object
) -> None:
    cache.clear()
    log_in(client, world)
    activate = reverse("mfa_activate_totp")
    page = client.get(activate)
    if page.status_code == 302:
        client.post(reverse("account_reauthenticate"), {"password": world.password})
        page = client.get(activate)
    assert "data:image/svg+xml" in page.content.decode()
    secret = client.session["mfa.totp.secret"]
    code = code_for(secret)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        assert client.post(activate, {"code": code}).status_code == 302
    stored = Authenticator.objects.get(user=world.alice, type="totp").data["secret"]
    assert secret not in stored
    client.post("/accounts/logout/")
    answer = client.post("/accounts/login/", {"login": world.alice.email, "password": world.password})
    assert answer.headers["Location"] == "/accounts/2fa/authenticate/"
    assert client.get(reverse("people:profile")).status_code == 302
    client.post("/accounts/2fa/authenticate/", {"code": code})
    assert "_auth_user_id" not in client.session
    cache.clear()  # as if the next half minute had come
    client.post("/accounts/2fa/authenticate/", {"code": code_for(secret)})
    assert client.session["_auth_user_id"] == str(world.alice.pk)
    assert {"factor.added", "factor.failed"} <= set(AuditEntry.objects.values_list("action", flat=True))


def test_every_page_of_the_second_step_opens(world: World, client: Client) -> None:
    log_in(client, world)
    for name in (
        "mfa_index",
        "mfa_list_webauthn",
        "mfa_add_webauthn",
        "mfa_activate_totp",
        "account_reauthenticate",
        "account_logout",
    ):
        answer = client.get(reverse(name), follow=True)
        assert answer.status_code == 200, name
        assert " style=" not in answer.content.decode()
    assert client.get(reverse("usersessions_list")).status_code == 200


def test_the_password_is_reset_by_mail(world: World, client: Client) -> None:
    client.post(reverse("account_reset_password"), {"email": "stranger@x.example"})
    assert not mail.outbox
    client.post(reverse("account_reset_password"), {"email": world.alice.email})
    link = next(word for word in mail.outbox[0].body.split() if "/password/reset/key/" in word)
    page = client.get(link, follow=True)
    url = page.redirect_chain[-1][0]
    client.post(url, {"password1": "another good phrase", "password2": "another good phrase"})
    world.alice.refresh_from_db()
    assert world.alice.check_password("another good phrase")
    assert AuditEntry.objects.filter(action="password.changed").exists()
    assert "too old" in client.get(link, follow=True).content.decode()


def test_without_outgoing_mail_the_reset_page_says_so(world: World, client: Client, settings: object) -> None:
    settings.EMAIL_BACKEND = settings.OWN_EMAIL_BACKEND  # type: ignore[attr-defined]
    assert "cannot send mail" in client.get(reverse("account_reset_password")).content.decode()


def test_one_session_or_all_others_are_logged_out(world: World, client: Client) -> None:
    phones = [Client(), Client()]
    for phone in phones:
        log_in(phone, world)
    log_in(client, world)
    page = client.get(reverse("usersessions_list"))
    first = sorted(page.context["sessions"], key=lambda session: session.pk)[0]
    stranger = Client()
    stranger.force_login(world.bob)
    assert stranger.post(reverse("people:end_session", args=[first.pk])).status_code == 404
    client.post(reverse("people:end_session", args=[first.pk]))
    assert phones[0].get(reverse("people:profile")).status_code == 302
    assert phones[1].get(reverse("people:profile")).status_code == 200
    client.post(reverse("usersessions_list"))
    assert phones[1].get(reverse("people:profile")).status_code == 302
    assert client.get(reverse("people:profile")).status_code == 200


def test_a_password_set_from_outside_ends_every_session(world: World, client: Client) -> None:
    log_in(client, world)
    with pytest.raises(Refused):
        set_password(world.alice, "short")
    set_password(world.alice, "another good phrase")
    assert client.get(reverse("people:profile")).status_code == 302
    assert log_in(client, world, password="another good phrase") == 302
