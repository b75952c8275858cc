"""The first event of a calendar part, read by icalendar, for the card above the message."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sapa.channels.email.charset import tidy
from sapa.channels.email.mail import Calendar

if TYPE_CHECKING:
    from icalendar import Calendar as File

MAX_BYTES = 200_000
MAX_TEXT = 500


def read(data: bytes) -> Calendar | None:
    """The event, or None when the part holds none or is broken."""
    if len(data) > MAX_BYTES or b"BEGIN:VEVENT" not in data:
        return None
    # Imported here: it costs 100 ms and 10 MB, and few mails carry an invitation.
    from icalendar import Calendar as File

    try:
        file = File.from_ical(data.decode("utf-8", "replace"))
        event = next(iter(file.walk("VEVENT")), None)
        if event is None:
            return None
        starts, ends = _moment(event, "DTSTART"), _moment(event, "DTEND")
        return Calendar(
            method=_text(file.get("METHOD")).upper(),
            summary=_text(event.get("SUMMARY")),
            starts_at=_aware(starts, file),
            ends_at=_aware(ends, file),
            all_day=starts is not None and not isinstance(starts, datetime),
            location=_text(event.get("LOCATION")),
            organizer=_text(event.get("ORGANIZER")).removeprefix("mailto:").removeprefix("MAILTO:"),
            uid=_text(event.get("UID")),
        )
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError):
        return None


def _text(value: object) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    return tidy(" ".join(str(value or "").split()))[:MAX_TEXT]


def _moment(event: object, name: str) -> date | None:
    value = getattr(event.get(name), "dt", None) if isinstance(event, dict) else None
    return value if isinstance(value, date) else None


def _aware(moment: date | None, file: "File") -> datetime | None:
    """The moment in UTC. Floating times and whole days are taken as UTC; the page says that they are days.

    A time zone that the file itself defines by recurrence rules is never evaluated: a rule may run second by second from
    the year 1. Its standard offset is taken instead.
    """
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        return datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    if isinstance(moment.tzinfo, ZoneInfo | timezone):
        return moment.astimezone(UTC)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    standard = next((zone.get("TZOFFSETTO") for zone in file.walk("STANDARD")), None)
    offset = getattr(standard, "td", timedelta(0))
    return moment.replace(tzinfo=timezone(offset)).astimezone(UTC)
