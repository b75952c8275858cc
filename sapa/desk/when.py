"""Moments and spans as people of a language read them; cheap, because a list has fifty of each."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_time, format_timedelta
from django.utils import timezone, translation
from django.utils.translation import gettext as _

UNITS = (31_536_000, 2_592_000, 604_800, 86_400, 3600, 60)  # seconds: year, month, week, day, hour, minute


@lru_cache(maxsize=16)
def _locale(language: str) -> Locale:
    # English without a country means 24 hours and the day first here: it is read all over the world.
    return Locale.parse({"en": "en_GB"}.get(language, language), sep="-" if "-" in language else "_")


def locale() -> Locale:
    """The formats of the language that is active."""
    return _locale(translation.get_language() or "en")


def clock_time(moment: datetime) -> str:
    """14:05."""
    return _time(timezone.localtime(moment).time().replace(second=0, microsecond=0), locale())


def day(moment: datetime, now: datetime) -> str:
    """Today, Yesterday, else Monday 23 November (with the year when it is another one)."""
    here, today = timezone.localtime(moment).date(), timezone.localtime(now).date()
    if here == today:
        return _("Today")
    if here == today - timedelta(days=1):
        return _("Yesterday")
    return _date(here, "EEEE d MMMM" if here.year == today.year else "d MMMM y", locale())


def brief(moment: datetime, now: datetime) -> str:
    """The shortest that is clear: a time today, a day this year, else day, month and year."""
    here, today = timezone.localtime(moment), timezone.localtime(now)
    if here.date() == today.date():
        return clock_time(moment)
    if here.date() == today.date() - timedelta(days=1):
        return _("Yesterday")
    return _date(here.date(), "d MMM" if here.year == today.year else "d MMM y", locale())


def full(moment: datetime) -> str:
    """Day and time, for titles: 23 November 2026, 14:05."""
    return f"{long_date(timezone.localtime(moment).date())}, {clock_time(moment)}"


def until(moment: datetime, now: datetime) -> str:
    """A moment to come: a time today, else the day with its time."""
    here = timezone.localtime(moment)
    if here.date() == timezone.localtime(now).date():
        return clock_time(moment)
    return f"{_date(here.date(), 'EEE d MMM', locale())} {clock_time(moment)}"


def span(length: timedelta) -> str:
    """12 min, 3 h, 2 d: one unit."""
    seconds = max(length.total_seconds(), UNITS[-1])
    unit = next(unit for unit in UNITS if seconds >= unit)
    return _span(round(seconds / unit) * unit, locale())


def long_date(moment: date) -> str:
    """23 November 2026."""
    return _date(moment, "long", locale())


# A page has a hundred of these and few different ones; they depend on what is given here and on nothing else.
@lru_cache(maxsize=4096)
def _time(here: time, locale: Locale) -> str:
    return format_time(here, "short", locale=locale)


@lru_cache(maxsize=4096)
def _span(seconds: int, locale: Locale) -> str:
    return format_timedelta(seconds, granularity="minute", threshold=1, format="short", locale=locale)


@lru_cache(maxsize=4096)
def _date(here: date, pattern: str, locale: Locale) -> str:
    return format_date(here, pattern, locale=locale)
