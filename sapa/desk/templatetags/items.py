"""The filter `{{ mapping|item:key }}`: a value of a mapping by a key that is in a variable."""

from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def item(mapping: Mapping[str, object] | str, key: str) -> object:
    """The value, or nothing."""
    return mapping.get(key, "") if isinstance(mapping, Mapping) else ""
