import threading

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from conftest import World
from sapa.accounts import actions, tokens
from sapa.accounts.models import AuditEntry, Role, User
from sapa.accounts.permissions import Permission
from sapa.core.errors import NotAllowed, Refused


@pytest.fixture
def hana(world: World) -> User:
    """Hana manages people, and may little else."""
    role = Role.objects.create(
        key="hr", name="HR", permissions=[Permission.PEOPLE, Permission.READ, Permission.REPLY], scope="team"
    )
    return actions.create_user(email="hana@shop.example", name="Hana", role=role, password=world.password)


def test_a_change_is_audited_with_before_and_after(world: World) -> None:
    supervisor = Role.objects.get(key="supervisor")
    actions.change_user(world.alice, name="Alice A.", role=supervisor, teams=[world.billing_team], by=world.ada)
    line = AuditEntry.objects.get(action="user.changed")
    assert line.changes == {
        "name": ["Alice", "Alice A."],
        "role": ["agent", "supervisor"],
        "teams": [["Support"], ["Billing"]],
    }


def test_agents_change_nobody(world: World, client: Client) -> None:
    with pytest.raises(NotAllowed):
        actions.change_user(world.alice, name="A", role=world.ada.role, teams=[], by=world.alice)
    client.force_login(world.alice)
    form = {"name": "Alice", "role": world.ada.role_id, "teams": []}
    assert client.post(reverse("people:person", args=[world.alice.pk]), form).status_code == 403
    world.alice.refresh_from_db()
    assert world.alice.role.key == "agent"


def test_nobody_promotes_themselves_or_others_above_their_own_rights(world: World, hana: User, client: Client) -> None:
    client.force_login(hana)
    for target in (hana, world.alice):
        for role in ("administrator", "supervisor"):
            form = {"name": target.name, "role": Role.objects.get(key=role).pk, "teams": []}
            assert client.post(reverse("people:person", args=[target.pk]), form).status_code == 200
            with pytest.raises(NotAllowed):
                actions.change_user(target, name="X", role=Role.objects.get(key=role), teams=[], by=hana)
    for user in (hana, world.alice):
        user.refresh_from_db()
    assert (hana.role.key, world.alice.role.key) == ("hr", "agent")


def test_nobody_touches_somebody_above_them(world: World, hana: User, client: Client) -> None:
    client.force_login(hana)
    client.post(reverse("people:deactivate", args=[world.ada.pk]))
    client.post(reverse("people:person", args=[world.ada.pk]), {"name": "Owned", "role": hana.role_id, "teams": []})
    world.ada.refresh_from_db()
    assert (world.ada.is_active, world.ada.name, world.ada.role.key) == (True, "Ada", "administrator")


def test_nobody_widens_their_own_role_or_makes_a_stronger_one(world: World, hana: User, client: Client) -> None:
    client.force_login(hana)
    form = {"name": "HR", "scope": "all", "permissions": Permission.values}
    client.post(reverse("people:role", args=[hana.role_id]), form)
    client.post(reverse("people:create_role"), form)
    hana.role.refresh_from_db()
    assert (len(hana.role.permissions), hana.role.scope) == (3, "team")
    assert Role.objects.filter(is_standard=False).count() == 1


def test_invitations_give_no_more_than_the_inviter_has(world: World, hana: User) -> None:
    with pytest.raises(NotAllowed):
        actions.invite(email="eva@x.example", role=world.ada.role, teams=[], by=hana)
    invitation, link = actions.invite(email="eva@x.example", role=hana.role, teams=[], by=hana)
    # The role grows after the invitation, beyond what Hana may give: she has another role by then.
    smaller = Role.objects.create(key="hr2", name="HR2", permissions=[Permission.PEOPLE], scope="own")
    User.objects.filter(pk=hana.pk).update(role=smaller)
    with pytest.raises(Refused):
        actions.accept_invitation(link.rstrip("/").rpartition("/")[2], name="Eva", password=world.password)
    assert not User.objects.filter(email="eva@x.example").exists()
    invitation.refresh_from_db()
    assert invitation.accepted_at is None


def test_the_last_administrator_stays(world: World) -> None:
    agent = Role.objects.get(key="agent")
    with pytest.raises(Refused, match="last administrator"):
        actions.change_user(world.ada, name="Ada", role=agent, teams=[], by=world.ada)
    other = actions.create_user(email="b@x.example", name="B", role="administrator")
    actions.deactivate_user(world.ada, by=other)
    with pytest.raises(Refused, match="last administrator"):
        actions.change_user(other, name="B", role=agent, teams=[], by=other)
    with pytest.raises(Refused, match="yourself"):
        actions.deactivate_user(other, by=other)


def test_two_administrators_who_remove_each_other_at_once_leave_one(lasting_world: World) -> None:
    other = actions.create_user(email="b@x.example", name="B", role="administrator")
    agent = Role.objects.get(key="agent")
    start = threading.Barrier(2)

    def remove(whom: User, by: User) -> None:
        start.wait()
        try:
            actions.change_user(whom, name=whom.name, role=agent, teams=[], by=by)
        except Refused:
            pass
        finally:
            connection.close()

    pairs = [(other, lasting_world.ada), (lasting_world.ada, other)]
    threads = [threading.Thread(target=remove, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert User.objects.filter(role__key="administrator", is_active=True).count() == 1


def test_the_administrators_role_cannot_be_taken_apart(world: World) -> None:
    with pytest.raises(Refused):
        actions.change_role(world.ada.role, name="X", permissions=[], scope="own", by=world.ada)
    with pytest.raises(Refused):
        actions.delete_role(world.ada.role, by=world.ada)


def test_deactivation_ends_sessions_and_tokens_at_once(world: World, client: Client) -> None:
    token, raw = tokens.create_token(world.alice, name="t")
    client.post("/accounts/login/", {"login": world.alice.email, "password": world.password})
    assert client.get(reverse("people:profile")).status_code == 200
    actions.deactivate_user(world.alice, by=world.ada)
    assert client.get(reverse("people:profile")).status_code == 302
    assert tokens.authenticate(raw) is None
    actions.reactivate_user(world.alice, by=world.ada)
    assert client.get(reverse("people:profile")).status_code == 302
    assert tokens.authenticate(raw) is None
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_changed_rights_close_the_live_streams(world: World, django_capture_on_commit_callbacks: object) -> None:
    with django_capture_on_commit_callbacks() as hooks:  # type: ignore[operator]
        actions.change_role(world.alice.role, name="Agent", permissions=[Permission.READ], scope="own", by=world.ada)
    topics = set().union(*(getattr(hook, "topics", ()) for hook in hooks))
    assert {f"access:{world.alice.pk}", f"access:{world.bob.pk}"} <= topics
    assert f"access:{world.carol.pk}" not in topics


def test_a_team_that_alone_opens_an_inbox_is_not_deleted(world: World) -> None:
    with pytest.raises(Refused, match="inbox"):
        actions.delete_team(world.billing_team, by=world.ada)
    actions.delete_team(world.support_team, by=world.ada)
    with pytest.raises(Refused, match="already"):
        actions.create_team(name="BILLING", members=[], by=world.ada)


def test_members_of_a_team_come_and_go(world: World, client: Client) -> None:
    client.force_login(world.ada)
    url = reverse("people:team", args=[world.billing_team.pk])
    client.post(url, {"name": "Money", "members": [world.alice.pk]})
    assert [user.name for user in world.billing_team.users.all()] == ["Alice"]
    assert AuditEntry.objects.get(action="team.changed").changes["name"] == ["Billing", "Money"]
