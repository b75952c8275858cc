import csv
import io

import pytest
from django.test import Client
from django.urls import reverse

from conftest import World
from sapa.accounts import tokens
from sapa.accounts.audit import audit
from sapa.accounts.models import ApiToken, AuditEntry, Role
from sapa.accounts.permissions import Permission

PROFILE = {"name": "Alice", "language": "id", "time_zone": "Asia/Makassar", "theme": "dark", "signature": "Salam"}


def log_in(client: Client, world: World) -> None:
    client.post("/accounts/login/", {"login": world.alice.email, "password": world.password})


def test_the_profile_is_saved_and_takes_effect_at_once(world: World, client: Client) -> None:
    client.force_login(world.alice)
    client.post(reverse("people:profile"), {**PROFILE, "single_keys": "on"})
    world.alice.refresh_from_db()
    assert (world.alice.language, world.alice.time_zone, world.alice.theme) == ("id", "Asia/Makassar", "dark")
    assert (world.alice.single_keys, world.alice.desktop_notifications) == (True, False)
    page = client.get(reverse("people:profile"))
    assert page.headers["Content-Language"] == "id"
    assert 'data-theme="dark"' in page.content.decode()


@pytest.mark.parametrize(
    "wrong",
    [{"language": "xx"}, {"time_zone": "Mars/Base"}, {"theme": "pink"}, {"name": " "}, {"signature": "x" * 4001}],
)
def test_a_wrong_preference_is_told_and_not_saved(world: World, client: Client, wrong: dict[str, str]) -> None:
    client.force_login(world.alice)
    answer = client.post(reverse("people:profile"), {**PROFILE, **wrong})
    assert "errorlist" in answer.content.decode()
    world.alice.refresh_from_db()
    assert world.alice.language == ""


def test_the_profile_form_changes_neither_role_nor_address(world: World, client: Client) -> None:
    client.force_login(world.alice)
    more = {"role": world.ada.role_id, "email": "boss@shop.example", "is_active": "", "is_superuser": "1"}
    client.post(reverse("people:profile"), {**PROFILE, **more})
    world.alice.refresh_from_db()
    assert (world.alice.role.key, world.alice.email, world.alice.is_active) == ("agent", "alice@shop.example", True)


def test_a_token_is_shown_once_and_works_until_it_is_revoked(world: World, client: Client) -> None:
    log_in(client, world)
    form = {"name": "orders", "scopes": ["conversations:read"], "days": "30"}
    asked = client.post(reverse("people:create_token"), form)
    assert asked.headers["Location"].startswith("/accounts/reauthenticate/")
    assert not ApiToken.objects.exists()
    page = client.post(asked.headers["Location"], {"password": world.password}).content.decode()
    raw = page.partition('value="sapa_')[2].partition('"')[0]
    token = tokens.authenticate("sapa_" + raw)
    assert token is not None
    assert token.user == world.alice
    assert raw not in client.get(reverse("people:tokens")).content.decode()
    assert raw not in str(AuditEntry.objects.values())
    stranger = Client()
    stranger.force_login(world.bob)
    assert stranger.post(reverse("people:revoke_token", args=[token.pk])).status_code == 404
    client.post(reverse("people:revoke_token", args=[token.pk]))
    assert tokens.authenticate("sapa_" + raw) is None
    assert {"token.created", "token.revoked"} <= set(AuditEntry.objects.values_list("action", flat=True))


@pytest.mark.parametrize("wrong", [{"scopes": []}, {"scopes": ["everything"]}, {"name": ""}, {"days": "7000"}])
def test_a_token_without_name_or_known_scope_is_not_made(
    world: World, client: Client, wrong: dict[str, object]
) -> None:
    log_in(client, world)
    client.post("/accounts/reauthenticate/", {"password": world.password})
    answer = client.post(reverse("people:create_token"), {"name": "x", "scopes": ["facts:read"], "days": "", **wrong})
    assert "errorlist" in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_a_token_needs_the_right_to_make_tokens(world: World, client: Client) -> None:
    world.alice.role = Role.objects.get(key="quality")
    world.alice.save()
    client.force_login(world.alice)
    assert client.post(reverse("people:create_token"), {"name": "x", "scopes": ["facts:read"]}).status_code == 403


def test_the_audit_log_is_filtered_and_pages_follow_without_gaps(world: World, client: Client) -> None:
    for number in range(120):
        audit("tag.changed", actor=world.bob, target=f"tag:{number}")
    audit("role.changed", actor=world.ada, target="role:1 Agent")
    client.force_login(world.ada)
    url = reverse("people:audit")
    assert client.get(url).context["actions"] == ["role.changed", "tag.changed"]
    assert [e.action for e in client.get(url, {"action": "role."}).context["page"].items] == ["role.changed"]
    assert client.get(url, {"who": "ada", "until": "2000-01-01"}).context["page"].items == []
    seen, before = [], ""
    while True:
        page = client.get(url, {"who": "Bob", "before": before}).context["page"]
        seen += [entry.target for entry in page.items]
        if page.next is None:
            break
        before = str(page.next)
    assert seen == [f"tag:{number}" for number in reversed(range(120))]
    for wrong in ({"since": "yesterday"}, {"before": "9" * 30}, {"until": "9999-12-31"}, {"who": "x" * 500}):
        assert client.get(url, wrong).status_code == 200


def test_the_export_is_audited_and_runs_no_formulas(world: World, client: Client) -> None:
    audit("tag.changed", actor=world.bob, target='=HYPERLINK("https://evil.example")')
    client.force_login(world.ada)
    answer = client.post(reverse("people:export_audit"), {"who": "Bob"})
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert [row["target"][:2] for row in rows] == ["'="]
    assert AuditEntry.objects.get(action="audit.exported").changes == {"who": "Bob"}
    role = Role.objects.create(key="reader", name="Reader", permissions=[Permission.AUDIT], scope="own")
    world.alice.role = role
    world.alice.save()
    client.force_login(world.alice)
    assert client.get(reverse("people:audit")).status_code == 200
    assert client.post(reverse("people:export_audit")).status_code == 403


def test_the_navigation_shows_only_what_opens(world: World, client: Client) -> None:
    client.force_login(world.alice)
    page = client.get(reverse("people:profile")).content.decode()
    assert "/settings/tokens/" in page
    assert "/settings/people/" not in page
    assert "/settings/audit/" not in page
