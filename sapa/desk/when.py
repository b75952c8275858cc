"""Moments and spans as people of a language read them; cheap, because a list has fifty of each."""

from datetime import date, datetime, timedelta
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_time, format_timedelta
from django.utils import timezone, translation
from django.utils.translation import gettext as _


@lru_cache(maxsize=16)
def _locale(language: str) -> Locale:
    # English without a country means 24 hours and the day first here: it is read all over the world.
    return Locale.parse({"en": "en_GB"}.get(language, language), sep="-" if "-" in language else "_")


def locale() -> Locale:
    """The formats of the language that is active."""
    return _locale(translation.get_language() or "en")


def clock_time(moment: datetime) -> str:
    """14:05."""
    return format_time(timezone.localtime(moment), "short", locale=locale())


def day(moment: datetime, now: datetime) -> str:
    """Today, Yesterday, else Monday 23 November (with the year when it is another one)."""
    here, today = timezone.localtime(moment).date(), timezone.localtime(now).date()
    if here == today:
        return _("Today")
    if here == today - timedelta(days=1):
        return _("Yesterday")
    return format_date(here, "EEEE d MMMM" if here.year == today.year else "d MMMM y", locale=locale())


def brief(moment: datetime, now: datetime) -> str:
    """The shortest that is clear: a time today, a day this year, else day, month and year."""
    here, today = timezone.localtime(moment), timezone.localtime(now)
    if here.date() == today.date():
        return clock_time(moment)
    if here.date() == today.date() - timedelta(days=1):
        return _("Yesterday")
    return format_date(here, "d MMM" if here.year == today.year else "d MMM y", locale=locale())


def full(moment: datetime) -> str:
    """Day and time, for titles: 23 November 2026, 14:05."""
    return f"{long_date(timezone.localtime(moment).date())}, {clock_time(moment)}"


def until(moment: datetime, now: datetime) -> str:
    """A moment to come: a time today, else the day with its time."""
    here = timezone.localtime(moment)
    if here.date() == timezone.localtime(now).date():
        return clock_time(moment)
    return f"{format_date(here, 'EEE d MMM', locale=locale())} {clock_time(moment)}"


def span(length: timedelta) -> str:
    """12 min, 3 h, 2 d: one unit."""
    return format_timedelta(
        max(length, timedelta(minutes=1)), granularity="minute", threshold=1, format="short", locale=locale()
    )


def long_date(moment: date) -> str:
    """23 November 2026."""
    return format_date(moment, "long", locale=locale())
