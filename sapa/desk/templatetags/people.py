"""The filters `{{ person|initials }}` and `{{ person.pk|hue }}` for avatars, `{{ address|breakable }}` for narrow places,
and `{% rows rows view selected %}` for a list."""

from collections.abc import Sequence

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

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


@register.simple_tag(name="rows")
def list_of_rows(found: Sequence[rows.Row], view: str, selected: str) -> SafeString:
    """The rows of conversations."""
    return rows.markup(found, view=view, selected=selected)


@register.filter
def breakable(address: str) -> SafeString:
    """An address that may be broken after its @, before it is broken anywhere else."""
    return format_html_join(mark_safe("@<wbr>"), "{}", ((part,) for part in address.split("@")))
