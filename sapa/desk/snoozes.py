"""When a snoozed conversation comes back: ready-made moments, in the person's time zone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from sapa.core import clock
from sapa.core.errors import Refused
from sapa.desk import when

MORNING = time(8, 0)
EVENING = time(18, 0)


@dataclass(frozen=True)
class Preset:
    """A moment with its name; `value` is what the form sends."""

    value: str
    label: str
    shown: str


def presets() -> Sequence[Preset]:
    """Later today, this evening, tomorrow, next week; those that are still to come."""
    now = timezone.localtime(clock.now())
    monday = now + timedelta(days=7 - now.weekday())
    moments = [
        (_("In one hour"), now + timedelta(hours=1)),
        (_("In three hours"), now + timedelta(hours=3)),
        (_("This evening"), _at(now, EVENING)),
        (_("Tomorrow morning"), _at(now + timedelta(days=1), MORNING)),
        (_("In two days"), _at(now + timedelta(days=2), MORNING)),
        (_("Monday morning"), _at(monday, MORNING)),
        (_("In one month"), _at(now + timedelta(days=30), MORNING)),
    ]
    found: dict[str, Preset] = {}
    for label, at in moments:
        if at > now + timedelta(minutes=30):
            value = f"{at:%Y-%m-%dT%H:%M}"
            found.setdefault(value, Preset(value, label, when.until(at, now)))  # tomorrow may be Monday
    return list(found.values())


def moment(value: str) -> datetime:
    """The moment of a form (`2026-11-23T08:00`, local time). Raises Refused with a sentence."""
    try:
        naive = datetime.fromisoformat(value.strip()).replace(tzinfo=None)
        return timezone.make_aware(naive)
    except (ValueError, OverflowError) as error:
        raise Refused(
            _("«%(value)s» is not a moment such as 2026-11-23T08:00.") % {"value": value[:40]}, field="until"
        ) from error


def _at(day: datetime, hour: time) -> datetime:
    return timezone.make_aware(datetime.combine(day.date(), hour))
