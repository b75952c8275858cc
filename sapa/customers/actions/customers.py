"""Customers: made and changed; what is personal is audited, the timeline hears only which fields changed."""

import zoneinfo
from collections.abc import Mapping
from typing import TypedDict, Unpack

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from sapa.accounts.audit import audit, differences
from sapa.accounts.models import User
from sapa.core.errors import Refused
from sapa.customers.actions._allowed import check, line, note
from sapa.customers.facts import CustomerChanged, CustomerCreated
from sapa.customers.fields import read_value
from sapa.customers.models import Company, Customer, CustomField
from sapa.timeline.record import Envelope, record


class CustomerChange(TypedDict, total=False):
    """What may be changed; what is left out stays. fields: raw values of custom fields by key."""

    name: str
    company: Company | None
    language: str
    time_zone: str
    note: str
    is_blocked: bool
    fields: Mapping[str, str]


@transaction.atomic
def create_customer(*, by: User | None, entry: str = "page", **values: Unpack[CustomerChange]) -> Customer:
    """A customer without an address yet; `name` is needed. Raises NotAllowed, Refused naming the field."""
    check(by)
    customer = Customer()
    _fill(customer, {"name": "", **values})
    customer.save()
    audit("customer.created", actor=by, target=target(customer), changes=_state(customer))
    record(CustomerCreated(entry=entry), envelope(customer, by=by))
    return customer


@transaction.atomic
def change_customer(customer: Customer, *, by: User | None, **values: Unpack[CustomerChange]) -> Customer:
    """Change what is known of a customer. Raises NotAllowed, Refused naming the field."""
    check(by)
    customer = Customer.objects.select_related("company").select_for_update(of=("self",)).get(pk=customer.pk)
    before = _state(customer)
    _fill(customer, values)
    if changes := differences(before, _state(customer)):
        customer.save()
        audit("customer.changed", actor=by, target=target(customer), changes=changes)
        record(CustomerChanged(fields=tuple(sorted(changes))), envelope(customer, by=by))
    return customer


def envelope(customer: Customer, *, by: User | None) -> Envelope:
    """The envelope of a fact about a customer; it carries no personal content, so everybody may hear it."""
    return Envelope(
        actor_kind="agent" if by else "system",
        agent_id=by.pk if by else None,
        customer_id=customer.pk,
        audience=("all",),
    )


def target(customer: Customer) -> str:
    """What the audit log calls a customer."""
    return f"customer:{customer.pk} {customer.name}"


def _fill(customer: Customer, values: CustomerChange) -> None:
    if "name" in values:
        customer.name = line(values["name"], 160, field="name")
        if not customer.name:
            raise Refused(_("Enter a name."), field="name")
    if "company" in values:
        customer.company = values["company"]
    if "language" in values:
        if values["language"] and values["language"] not in dict(settings.LANGUAGES):
            raise Refused(_("Choose one of the languages."), field="language")
        customer.language = values["language"]
    if "time_zone" in values:
        if values["time_zone"] and values["time_zone"] not in zoneinfo.available_timezones():
            raise Refused(_("«%(zone)s» is not a time zone.") % {"zone": values["time_zone"][:60]}, field="time_zone")
        customer.time_zone = values["time_zone"]
    if "note" in values:
        customer.note = note(values["note"])
    if "is_blocked" in values:
        customer.is_blocked = values["is_blocked"]
    if "fields" in values:
        customer.fields = {**customer.fields, **_custom(values["fields"])}
        customer.fields = {key: value for key, value in customer.fields.items() if value is not None}


def _custom(raw: Mapping[str, str]) -> dict[str, object]:
    """Typed values of the custom fields that are sent; others stay. Raises Refused naming the field."""
    known = {
        field.key: field
        for field in CustomField.objects.filter(target="customer", is_active=True, key__in=list(raw)[:200])
    }
    if unknown := set(raw) - set(known):
        raise Refused(_("There is no field «%(key)s».") % {"key": min(unknown)[:40]}, field=min(unknown)[:40])
    return {key: read_value(field, raw[key]) for key, field in known.items()}


def _state(customer: Customer) -> dict[str, object]:
    keys = CustomField.objects.filter(target="customer").values_list("key", flat=True)
    return {
        "name": customer.name,
        "company": customer.company.name if customer.company else "",
        "language": customer.language,
        "time_zone": customer.time_zone,
        "note": customer.note,
        "is_blocked": customer.is_blocked,
        # Every field by key, so that a removed value shows too.
        **{f"field:{key}": customer.fields.get(key) for key in keys},
    }
