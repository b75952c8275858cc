"""The tag `{% icon "inbox" %}`: a picture of the sprite `desk/icons.svg`, hidden from screen readers (its button has words)."""

from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=200)
def icon(name: str) -> SafeString:
    """An `<svg class="icon">` that takes its size and colour from the text around it."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static("desk/icons.svg"), name
    )
