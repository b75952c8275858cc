"""HTML that strangers wrote: cleaned for a sandboxed frame, turned into text, and text turned into HTML."""

import re
from collections.abc import Mapping
from html import escape, unescape

import nh3

from sapa.core.plain import html_of, text_of

MAX_HTML = 2_000_000  # characters; the rest is cut
MAX_DEPTH = 400  # open elements; deeper nesting makes every HTML tree slow (time grows with its square)

TAGS = {
    "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center", "cite", "code",
    "col", "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4",
    "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li", "main", "mark", "nav", "ol", "p", "pre", "q", "s", "samp", "section",
    "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul",
    "var", "wbr",
}  # fmt: skip
# Elements whose content is not for reading either.
DROPPED = {"script", "style", "title", "head", "template", "noscript", "iframe", "object", "embed", "svg", "math", "select", "textarea",
           "audio", "video", "canvas", "applet", "xmp", "noembed", "noframes", "plaintext"}  # fmt: skip
BOX = {"align", "valign", "width", "height", "bgcolor", "dir", "lang", "title", "style"}
ATTRIBUTES: dict[str, set[str]] = {
    "*": {"align", "dir", "lang", "title", "style"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "border", "data-cid", "data-remote-src"},
    "table": BOX | {"border", "cellpadding", "cellspacing"},
    "td": BOX | {"colspan", "rowspan", "nowrap"},
    "th": BOX | {"colspan", "rowspan", "nowrap"},
    "tr": BOX,
    "col": {"width", "span"},
    "font": {"color", "face", "size"},
    "ol": {"start", "type"},
    "blockquote": {"type"},
    "hr": {"width", "size", "noshade"},
    "time": {"datetime"},
    "span": {"data-mention"},
}
# No positions (mail could draw over the page's own signs), no backgrounds by url(), no animation, no generated content.
STYLES = {
    "background-color", "border", "border-bottom", "border-bottom-color", "border-bottom-style", "border-bottom-width", "border-collapse",
    "border-color", "border-left", "border-left-color", "border-left-style", "border-left-width", "border-radius", "border-right",
    "border-right-color", "border-right-style", "border-right-width", "border-spacing", "border-style", "border-top", "border-top-color",
    "border-top-style", "border-top-width", "border-width", "color", "direction", "display", "font", "font-family", "font-size",
    "font-style", "font-variant", "font-weight", "height", "letter-spacing", "line-height", "list-style-type", "margin", "margin-bottom",
    "margin-left", "margin-right", "margin-top", "max-width", "min-width", "padding", "padding-bottom", "padding-left", "padding-right",
    "padding-top", "text-align", "text-decoration", "text-indent", "text-transform", "vertical-align", "white-space", "width",
    "word-break", "overflow-wrap", "word-spacing",
}  # fmt: skip
BAD_STYLE = re.compile(r"url\s*\(|image-set|expression|@import|javascript|\\|/\*|behavior|-moz-binding", re.IGNORECASE)
DATA_IMAGE = re.compile(r"data:image/(?:png|gif|jpe?g|webp);base64,[A-Za-z0-9+/=\s]+", re.IGNORECASE)
LINK = re.compile(r"(?:https?|mailto|tel|sms):", re.IGNORECASE)
REMOTE = re.compile(r"(?:https?:)?//", re.IGNORECASE)

# While nh3 runs, an attribute can change its value but not its name; these marks carry the new name to the pass after it.
MARK = "\ue000\ue001"
MARKED = re.compile(rf' src="{MARK}(cid|remote):([^"]*)"')
CID_IMAGE = re.compile(r' data-cid="([^"]*)"')
REMOTE_IMAGE = re.compile(r' data-remote-src="([^"]*)"')
ANY_TAG = re.compile(r"<[^<>]*>?")
OPENING = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)")
SHALLOW = {"br", "img", "hr", "input", "meta", "link", "col", "area", "base", "wbr", "source", "p", "li", "td", "tr", "th", "dt", "dd",
           "option", "tbody", "thead", "tfoot", "colgroup"}  # fmt: skip


def _attribute(tag: str, name: str, value: str) -> str | None:
    """What becomes of an attribute that nh3 allows: addresses are checked, pictures held back."""
    if name == "style":
        return None if BAD_STYLE.search(value) else value
    if name == "href":
        return value.strip() if LINK.match(value.strip()) else None
    if name == "data-remote-src":
        return value if REMOTE.match(value) else None
    if name == "src":
        return _picture(value.strip())
    return value


def _picture(source: str) -> str | None:
    if source[:4].lower() == "cid:":
        return f"{MARK}cid:{source[4:]}"
    if REMOTE.match(source):
        return f"{MARK}remote:{source}"
    return source if DATA_IMAGE.fullmatch(source) else None


CLEANER = nh3.Cleaner(
    tags=TAGS,
    clean_content_tags=DROPPED,
    attributes=ATTRIBUTES,
    attribute_filter=_attribute,
    filter_style_properties=STYLES,
    allowed_classes={"span": {"mention"}},
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}, "img": {"loading": "lazy"}},
    url_schemes={"http", "https", "mailto", "tel", "sms", "cid", "data"},
)


def clean(html: str) -> str:
    """Safe HTML for the frame of a message.

    Remote pictures have `data-remote-src`, pictures of the mail itself `data-cid`, neither has `src`: see `reveal`.
    Cleaning what is clean keeps all of it.
    """
    html = html[:MAX_HTML].replace("\x00", "").replace(MARK, "")
    if is_too_deep(html):
        return from_text(_stripped(html))
    return MARKED.sub(_renamed, CLEANER.clean(html))


def _renamed(match: re.Match[str]) -> str:
    name = "data-cid" if match.group(1) == "cid" else "data-remote-src"
    return f' {name}="{match.group(2)}"'


def reveal(cleaned: str, *, inline: Mapping[str, str], remote: bool = False) -> str:
    """The result of `clean` with the addresses of the mail's own pictures filled in, and remote ones too when asked for."""

    def own(match: re.Match[str]) -> str:
        address = inline.get(unescape(match.group(1)), "")
        return f' src="{escape(address)}"' if address else match.group()

    shown = CID_IMAGE.sub(own, cleaned)
    return REMOTE_IMAGE.sub(r' src="\1"', shown) if remote else shown


def has_remote_images(cleaned: str) -> bool:
    """Whether pictures are held back that the reader may ask for."""
    return ' data-remote-src="' in cleaned


def to_text(html: str) -> str:
    """The words of the HTML, in paragraphs, lists and quotes."""
    html = html[:MAX_HTML].replace("\x00", "")
    return _stripped(html) if is_too_deep(html) else text_of(html)


def from_text(text: str) -> str:
    """The text as safe HTML: escaped, line breaks kept, web and mail addresses as links."""
    return html_of(text)


def is_too_deep(html: str) -> bool:
    """Whether more elements lie inside each other than any honest mail has; counted per name, so an estimate from above."""
    opened: dict[str, int] = {}
    depth = 0
    for slash, name in OPENING.findall(html):
        name = name.lower()
        if name in SHALLOW:
            continue
        count = opened.get(name, 0)
        if slash:
            if count:
                opened[name] = count - 1
                depth -= 1
        else:
            opened[name] = count + 1
            depth += 1
            if depth > MAX_DEPTH:
                return True
    return False


def _stripped(html: str) -> str:
    """The words between the tags, for HTML that is too deep to be read properly."""
    return "\n".join(filter(None, (" ".join(line.split()) for line in unescape(ANY_TAG.sub("\n", html)).split("\n"))))
