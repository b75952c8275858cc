import pytest
from django.db import DatabaseError, transaction

from conftest import World
from sapa.accounts.actions import create_user
from sapa.accounts.audit import audit, coming_from, differences
from sapa.accounts.models import AuditEntry
from sapa.core.errors import Refused


def test_a_line_says_who_what_and_from_where(world: World) -> None:
    with coming_from("192.0.2.7"):
        audit("role.changed", actor=world.ada, target="role:1 Agent", changes={"scope": ["team", "all"]})
    line = AuditEntry.objects.get(action="role.changed")
    assert (line.actor, line.actor_name, line.address, line.changes) == (
        world.ada,
        "Ada",
        "192.0.2.7",
        {"scope": ["team", "all"]},
    )


def test_secrets_never_enter_it(world: World) -> None:
    line = audit(
        "inbox.changed",
        actor=world.ada,
        changes={"smtp_secret": ["old-secret", "new-secret"], "api_token": "abc", "Password": ["", "x"]},
    )
    assert "secret" not in str(list(line.changes.values()))
    assert line.changes == {"smtp_secret": ["•••", "•••"], "api_token": "•••", "Password": ["", "•••"]}


def test_nobody_can_change_or_delete_a_line(world: World) -> None:
    line = audit("x.y", actor=None)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEntry.objects.filter(pk=line.pk).update(action="z")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        line.delete()


def test_differences_are_before_and_after() -> None:
    assert differences({"a": 1, "b": 2}, {"a": 1, "b": 3}) == {"b": [2, 3]}


def test_a_new_person_is_audited_and_their_address_is_proven(world: World) -> None:
    user = create_user(email=" Eva@Shop.example", name="Eva", role="agent", password="long enough phrase", by=world.ada)
    assert (user.email, user.role.key) == ("eva@shop.example", "agent")
    assert user.emailaddress_set.get().verified  # type: ignore[attr-defined]
    assert AuditEntry.objects.get(action="user.created").actor == world.ada
    assert "long enough phrase" not in str(AuditEntry.objects.values())


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"email": "ALICE@shop.example"}, "email"),
        ({"name": " "}, "name"),
        ({"role": "king"}, "role"),
        ({"password": "short"}, "password"),
    ],
)
def test_wrong_input_names_the_field(world: World, wrong: dict[str, str], field: str) -> None:
    with pytest.raises(Refused) as refused:
        create_user(**{"email": "eva@shop.example", "name": "Eva", "role": "agent", **wrong})  # type: ignore[arg-type]
    assert refused.value.field == field
