"""HTML from outside: cleaned for showing, turned into text, made from text."""

from html import escape

import html2text
import nh3

ALLOWED = set(nh3.ALLOWED_TAGS) | {"span", "div", "font", "center"}
ATTRIBUTES = {tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()} | {"span": {"data-mention", "class"}}


def clean(html: str) -> str:
    """Only harmless elements and attributes; scripts, forms, frames and event handlers are gone."""
    return nh3.clean(html, tags=ALLOWED, attributes=ATTRIBUTES, url_schemes={"http", "https", "mailto", "tel", "cid"})


def to_text(html: str) -> str:
    """Readable plain text of an HTML fragment."""
    reader = html2text.HTML2Text(bodywidth=0)
    reader.ignore_images = True
    reader.ignore_emphasis = True
    text: str = reader.handle(html)
    return text.strip()


def from_text(text: str) -> str:
    """Paragraphs of escaped text."""
    return "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in text.strip().split("\n\n"))
