"""Filters for moments: `{{ at|brief }}` for the eye, `{{ at|full }}` for the title."""

from datetime import datetime

from django import template

from sapa.core import clock
from sapa.desk import when

register = template.Library()


@register.filter
def brief(moment: datetime) -> str:
    """14:05 today, else the day."""
    return when.brief(moment, clock.now())


@register.filter
def full(moment: datetime) -> str:
    """Day and time."""
    return when.full(moment)
