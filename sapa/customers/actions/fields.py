"""Custom fields: their key and type stay as they were made, because values are kept under them."""

import secrets
from collections.abc import Sequence

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from sapa.accounts.audit import audit, differences
from sapa.accounts.models import User
from sapa.accounts.permissions import Permission
from sapa.core.errors import Refused
from sapa.customers.actions._allowed import check, line
from sapa.customers.models import CustomField

MOST_FIELDS = 60
MOST_CHOICES = 200


@transaction.atomic
def create_field(
    *, target: str, name: str, type: str, choices: Sequence[str] = (), position: int = 0, by: User | None
) -> CustomField:
    """Raises NotAllowed, Refused naming the field of the form."""
    check(by, Permission.SETTINGS)
    if target not in CustomField.Target.values:
        raise Refused(_("Choose conversation or customer."), field="target")
    if type not in CustomField.Type.values:
        raise Refused(_("Choose a kind of field."), field="type")
    if CustomField.objects.filter(target=target).count() >= MOST_FIELDS:
        raise Refused(_("There are 60 fields already."))
    field = CustomField(target=target, type=type)
    _fill(field, name, choices, position)
    field.key = slugify(field.name)[:33].replace("-", "_") or "field"
    if CustomField.objects.filter(target=target, key=field.key).exists():
        field.key = f"{field.key}_{secrets.token_hex(3)}"
    field.save()
    audit("field.created", actor=by, target=_target(field), changes=_state(field))
    return field


@transaction.atomic
def change_field(
    field: CustomField, *, name: str, choices: Sequence[str], position: int, is_active: bool, by: User | None
) -> CustomField:
    """An inactive field keeps its values and is shown nowhere. Raises NotAllowed, Refused naming the field of the form."""
    check(by, Permission.SETTINGS)
    field = CustomField.objects.select_for_update().get(pk=field.pk)
    before = _state(field)
    _fill(field, name, choices, position)
    field.is_active = is_active
    if changes := differences(before, _state(field)):
        field.save()
        audit("field.changed", actor=by, target=_target(field), changes=changes)
    return field


def _fill(field: CustomField, name: str, choices: Sequence[str], position: int) -> None:
    field.name = line(name, 80, field="name")
    if not field.name:
        raise Refused(_("Enter a name."), field="name")
    if not -1000 <= position <= 1000:
        raise Refused(_("A position is a number from -1000 to 1000."), field="position")
    field.position = position
    found = list(dict.fromkeys(filter(None, (line(choice, 80, field="choices") for choice in choices))))
    if field.type == CustomField.Type.CHOICE and not found:
        raise Refused(_("Enter the choices, one in each line."), field="choices")
    if len(found) > MOST_CHOICES:
        raise Refused(_("A field has at most 200 choices."), field="choices")
    field.choices = found if field.type == CustomField.Type.CHOICE else []


def _state(field: CustomField) -> dict[str, object]:
    return {
        "name": field.name,
        "type": field.type,
        "choices": list(field.choices),
        "position": field.position,
        "is_active": field.is_active,
    }


def _target(field: CustomField) -> str:
    return f"field:{field.target}:{field.key}"
