"""What people set about themselves."""

import zoneinfo

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from sapa.accounts.actions.people import read_name
from sapa.accounts.audit import audit, differences
from sapa.accounts.models import User
from sapa.core.errors import Refused

_FIELDS = ("name", "language", "time_zone", "theme", "signature", "single_keys", "desktop_notifications")


@transaction.atomic
def change_profile(
    user: User,
    *,
    name: str,
    language: str,
    time_zone: str,
    theme: str,
    signature: str,
    single_keys: bool,
    desktop_notifications: bool,
) -> User:
    """One's own name and preferences. Raises Refused naming the field."""
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    before = {field: getattr(user, field) for field in _FIELDS}
    if language and language not in dict(settings.LANGUAGES):
        raise Refused(_("Choose one of the languages."), field="language")
    if time_zone and time_zone not in zoneinfo.available_timezones():
        raise Refused(_("«%(zone)s» is not a time zone.") % {"zone": time_zone[:60]}, field="time_zone")
    if theme not in User.Theme.values:
        raise Refused(_("Choose one of the appearances."), field="theme")
    if len(signature) > 4000:
        raise Refused(_("A signature has at most 4,000 characters."), field="signature")
    user.name, user.language, user.time_zone, user.theme = read_name(name), language, time_zone, theme
    user.signature, user.single_keys, user.desktop_notifications = signature, single_keys, desktop_notifications
    user.save(update_fields=_FIELDS)
    if changes := differences(before, {field: getattr(user, field) for field in _FIELDS}):
        audit("profile.changed", actor=user, target=f"user:{user.pk} {user.email}", changes=changes)
    return user
