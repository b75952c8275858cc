"""The tag `{% importmap %}`: the file that a bare name such as `htmx.org` means in an ES module."""

import json

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

MODULES = {
    "htmx.org": "vendor/htmx.js",
    "idiomorph": "vendor/idiomorph.js",
    "squire-rte": "vendor/squire.js",
    "dompurify": "vendor/dompurify.js",
}


@register.simple_tag(takes_context=True)
def importmap(context: template.Context) -> SafeString:
    """The import map with hashed addresses, let through by the page's nonce."""
    imports = {name: static(path) for name, path in MODULES.items()}
    text = json.dumps({"imports": imports}, sort_keys=True).replace("<", "\\u003c")
    nonce = getattr(context.get("request"), "csp_nonce", "")
    return format_html('<script type="importmap" nonce="{}">{}</script>', nonce, mark_safe(text))  # noqa: S308 (JSON)
