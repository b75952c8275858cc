"""Reading the value of a custom field by its type."""

from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from sapa.core.errors import Refused
from sapa.customers.models import CustomField

Value = str | float | bool | None


def field_of(target: str, key: str) -> CustomField:
    """The active field with this key. Raises Refused when there is none."""
    found = CustomField.objects.filter(target=target, key=key, is_active=True).first()
    if found is None:
        raise Refused(_("There is no field «%(key)s».") % {"key": key[:40]}, field=key[:40])
    return found


def read_value(field: CustomField, raw: str) -> Value:
    """The typed value of what a person entered; None for nothing. Raises Refused with a sentence naming the field."""
    raw = raw.strip()
    if not raw:
        return None
    wrong = {"field": field.name, "value": raw[:60]}
    match field.type:
        case CustomField.Type.NUMBER:
            try:
                number = Decimal(raw.replace(",", "."))
            except InvalidOperation as error:
                raise Refused(_("%(field)s: «%(value)s» is not a number.") % wrong, field=field.key) from error
            if not number.is_finite() or abs(number) > 10**15:
                raise Refused(_("%(field)s: «%(value)s» is too large.") % wrong, field=field.key)
            return float(number)
        case CustomField.Type.DATE:
            try:
                return date.fromisoformat(raw).isoformat()
            except ValueError as error:
                raise Refused(
                    _("%(field)s: «%(value)s» is not a date such as 2026-11-23.") % wrong, field=field.key
                ) from error
        case CustomField.Type.YES_NO:
            return raw.lower() in ("1", "true", "yes", "on", "ya")
        case CustomField.Type.CHOICE:
            if raw not in field.choices:
                raise Refused(_("%(field)s: «%(value)s» is not in its list.") % wrong, field=field.key)
            return raw
        case _:
            if len(raw) > 1000:
                raise Refused(_("%(field)s: at most 1,000 characters.") % wrong, field=field.key)
            return raw.replace("\0", "")
