"""The first event of a calendar part, read by icalendar, for the card above the message."""

from datetime import UTC, date, datetime

from sapa.channels.email.charset import tidy
from sapa.channels.email.mail import Calendar

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
            starts_at=_aware(starts),
            ends_at=_aware(ends),
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


def _aware(moment: date | None) -> datetime | None:
    """Floating times and whole days are taken as UTC; the page says that they are days."""
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        return datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
