"""The filters `{{ person|initials }}` and `{{ person.pk|hue }}` for avatars."""

from django import template

from sapa.desk import rows

register = template.Library()


@register.filter
def initials(person: object) -> str:
    """Two letters."""
    return rows.initials(str(person))


@register.filter
def hue(id: int | None) -> str:
    """The class of a colour."""
    return rows.hue(id or 0)
