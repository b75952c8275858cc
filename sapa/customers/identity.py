"""Addresses of customers in the one form in which they are kept and compared."""

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from sapa.core.errors import Refused
from sapa.customers.models import Identity


def normal(kind: str, address: str) -> str:
    """E-mail in lower case, telephone numbers in E.164. Raises Refused with a sentence naming what is wrong."""
    address = address.replace("\0", "").strip()
    match kind:
        case Identity.Kind.EMAIL:
            return _email(address)
        case Identity.Kind.PHONE:
            return _phone(address)
        case _:
            raise Refused(_("Choose e-mail or telephone."), field="kind")


def _email(address: str) -> str:
    try:
        validate_email(address)
    except ValidationError as error:
        raise Refused(
            _("«%(address)s» is not an e-mail address.") % {"address": address[:80]}, field="address"
        ) from error
    if len(address) > 254:
        raise Refused(_("An e-mail address has at most 254 characters."), field="address")
    return address.lower()


def _phone(address: str) -> str:
    wrong = Refused(_("«%(address)s» is not a telephone number.") % {"address": address[:80]}, field="address")
    try:
        number = phonenumbers.parse(address[:60], settings.COUNTRY)
    except phonenumbers.NumberParseException as error:
        raise wrong from error
    if not phonenumbers.is_possible_number(number):
        raise wrong
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
