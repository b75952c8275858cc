"""The panel beside a thread: who the customer is, what the fields say, what was before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.numbers import format_decimal
from django.utils import timezone
from django.utils.translation import gettext as _

from sapa.accounts.models import User
from sapa.accounts.permissions import Permission
from sapa.conversations.models import Conversation
from sapa.conversations.queries import visible_to
from sapa.core import clock
from sapa.customers.models import CustomField, Identity
from sapa.desk import when
from sapa.desk.rows import hue, initials

MOST_EARLIER = 8
MOST_IDENTITIES = 20


@dataclass(frozen=True)
class FieldShown:
    """A custom field with its value, as a text for reading and as what an input takes."""

    key: str
    name: str
    type: str
    choices: Sequence[str]
    shown: str
    raw: str


@dataclass(frozen=True)
class Earlier:
    """Another conversation of the same customer."""

    id: int
    number: int
    subject: str
    status: str
    kind: str
    time: str


def of(conversation: Conversation, user: User) -> dict[str, Any]:
    """Context of the panel; three queries."""
    customer = conversation.customer
    fields = list(CustomField.objects.filter(is_active=True))
    name = str(customer)
    return {
        "customer": customer,
        "name": name,
        "initials": initials(name),
        "hue": hue(customer.pk),
        "since": when.long_date(timezone.localtime(customer.created_at).date()),
        "identities": list(Identity.objects.filter(customer=customer)[:MOST_IDENTITIES]),
        "customer_fields": _fields(fields, "customer", customer.fields),
        "conversation_fields": _fields(fields, "conversation", conversation.fields),
        "conversation_path": f"/conversations/{conversation.pk}/fields",
        "customer_path": f"/conversations/{conversation.pk}/customer",
        "earlier": _earlier(conversation, user),
        "may_change": user.may(Permission.CHANGE),
        "may_change_customer": user.may(Permission.CUSTOMER_CHANGE),
        "may_read_customer": user.may(Permission.CUSTOMER_READ),
    }


def _fields(fields: Sequence[CustomField], target: str, values: Mapping[str, Any]) -> list[FieldShown]:
    return [
        FieldShown(
            key=field.key,
            name=field.name,
            type=field.type,
            choices=field.choices,
            shown=_value(field, values.get(field.key)),
            raw=_raw(values.get(field.key)),
        )
        for field in fields
        if field.target == target
    ]


def _value(field: CustomField, value: object) -> str:
    if value is None or value == "":
        return ""
    if field.type == CustomField.Type.YES_NO:
        return _("Yes") if value else _("No")
    if field.type == CustomField.Type.NUMBER and isinstance(value, int | float):
        return format_decimal(value, locale=when.locale())
    if field.type == CustomField.Type.DATE and isinstance(value, str):
        return _date(value)
    return str(value)


def _date(value: str) -> str:
    try:
        return when.long_date(date.fromisoformat(value))
    except ValueError:
        return value


def _raw(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _earlier(conversation: Conversation, user: User) -> list[Earlier]:
    others = (
        visible_to(user)
        .filter(customer=conversation.customer_id)
        .exclude(pk=conversation.pk)
        .order_by("-last_message_at")
    )
    now = clock.now()
    return [
        Earlier(
            id=row.pk,
            number=row.number,
            subject=row.subject or _("(no subject)"),
            status=row.get_status_display(),
            kind={"resolved": "good", "closed": "good", "spam": "bad"}.get(row.status, "warn"),
            time=when.brief(row.last_message_at, now),
        )
        for row in others[:MOST_EARLIER]
    ]
