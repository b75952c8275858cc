"""Plain text out of HTML and HTML out of plain text: paragraphs, lists, quotes and links survive, decoration does not."""

import re
from dataclasses import dataclass, field
from html import escape, unescape

import nh3

MAX_LINK = 2_000
PARAGRAPHS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "pre", "blockquote"}
LINES = {
    "div", "li", "tr", "dt", "dd", "address", "article", "section", "header", "footer", "center", "figure", "figcaption", "main",
    "nav", "aside", "caption",
}  # fmt: skip
UNSPOKEN = {"script", "style", "title", "head", "template", "iframe", "object", "svg", "math", "select", "textarea"}
READER = nh3.Cleaner(
    tags=PARAGRAPHS | LINES | {"br", "hr", "td", "th", "a", "img"},
    clean_content_tags=UNSPOKEN,
    attributes={"a": {"href"}, "img": {"alt"}, "ol": {"start"}},
    link_rel=None,
)
# What nh3 wrote is well formed: no raw «"» inside an attribute, no raw «<» inside text.
TAG = re.compile(r'<(/?)([a-z0-9]+)((?:[^>"]|"[^"]*")*)>')
ATTRIBUTE = re.compile(r'(href|alt)="([^"]*)"')
SPACE = re.compile(r"[ \t\n\r\f\u00a0]+")
URL = re.compile(
    r"\b(?:https?://|www\.)[^\s<>\"'`\u00ab\u00bb\u201c\u201d]{2,2000}|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
)
TRAILING = ".,:;!?)]}…"


@dataclass(slots=True)
class Writer:
    """Text being written: blank lines and spaces are owed until the next word, so they never pile up."""

    done: list[str] = field(default_factory=list)
    owed: int = 0  # line breaks
    space: bool = False
    quotes: int = 0
    quoted_before: int = 0  # how deep the last words were
    started: bool = False

    def breaks(self, count: int) -> None:
        """At least `count` line breaks before the next word."""
        self.owed = max(self.owed, count)
        self.space = False

    def newline(self) -> None:
        self.owed = min(self.owed + 1, 3)
        self.space = False

    def words(self, text: str) -> None:
        if not text:
            return
        if self.owed and self.started:
            prefix = "> " * self.quotes
            between = "> " * min(self.quotes, self.quoted_before)
            self.done.append(("\n" + between.rstrip()) * (self.owed - 1) + "\n" + prefix)
        elif not self.started:
            self.done.append("> " * self.quotes)
        elif self.space:
            self.done.append(" ")
        self.owed, self.space, self.started, self.quoted_before = 0, False, True, self.quotes
        self.done.append(text)

    def flowing(self, text: str) -> None:
        """Text outside `pre`: any run of white space is one space."""
        flat = SPACE.sub(" ", text)
        if flat.startswith(" ") and not self.owed:
            self.space = True
        self.words(flat.strip(" "))
        if flat.endswith(" ") and flat != " ":
            self.space = True


def text_of(html: str) -> str:
    """The text of a piece of HTML; links keep their address, quotes get `> `, list items `- `."""
    clean = READER.clean(html)
    writer = Writer()
    lists: list[int] = []  # 0 for bullets, else the next number
    link: list[tuple[str, int]] = []
    pre = 0
    at = 0
    for match in TAG.finditer(clean):
        if match.start() > at:
            _say(writer, unescape(clean[at : match.start()]), pre)
        at = match.end()
        closing, name, rest = match.groups()
        if name == "br":
            writer.newline()
        elif name == "hr":
            writer.breaks(1)
            writer.words("---")
            writer.breaks(1)
        elif name == "img":
            found = ATTRIBUTE.search(rest)
            writer.flowing(unescape(found.group(2))[:300] if found else "")
        elif name in {"td", "th"}:
            writer.space = True
        elif name == "a":
            _link(writer, link, rest, closing=bool(closing))
        else:
            writer.breaks(2 if name in PARAGRAPHS and not (lists and name in {"ul", "ol", "p"}) else 1)
            if name == "blockquote":
                writer.quotes = max(0, min(writer.quotes + (-1 if closing else 1), 20))
            elif name == "pre":
                pre = max(0, pre + (-1 if closing else 1))
            elif name in {"ul", "ol"}:
                if closing and lists:
                    lists.pop()
                elif not closing:
                    lists.append(1 if name == "ol" else 0)
            elif name == "li" and not closing:
                _item(writer, lists)
    _say(writer, unescape(clean[at:]), pre)
    return "".join(writer.done).strip("\n")


def _say(writer: Writer, text: str, pre: int) -> None:
    if not pre:
        writer.flowing(text)
        return
    for number, line in enumerate(text.split("\n")):
        if number:
            writer.newline()
        writer.words(line)


def _item(writer: Writer, lists: list[int]) -> None:
    number = lists[-1] if lists else 0
    writer.words(f"{'  ' * min(len(lists) - 1, 8)}{f'{number}.' if number else '-'}")
    writer.space = True
    if number:
        lists[-1] = number + 1


def _link(writer: Writer, link: list[tuple[str, int]], rest: str, *, closing: bool) -> None:
    """After the words of a link its address, unless the words say it already."""
    if not closing:
        found = ATTRIBUTE.search(rest)
        link.append((unescape(found.group(2)).strip() if found else "", len(writer.done)))
    elif link:
        address, start = link.pop()
        said = "".join(writer.done[start:]).strip()
        bare = address.removeprefix("mailto:").removeprefix("https://").removeprefix("http://").rstrip("/")
        if (
            address.startswith(("http://", "https://", "mailto:"))
            and len(address) <= MAX_LINK
            and said
            and bare not in said
        ):
            writer.space = True
            writer.words(f"<{address.removeprefix('mailto:')}>")


def html_of(text: str) -> str:
    """The text as safe HTML: escaped, in paragraphs, line breaks kept, web and mail addresses as links."""
    paragraphs = text.replace("\r\n", "\n").strip("\n").split("\n\n")
    return "\n".join(f"<p>{_linked(part).replace(chr(10), '<br>')}</p>" for part in paragraphs if part.strip())


def _linked(text: str) -> str:
    pieces: list[str] = []
    at = 0
    for match in URL.finditer(text):
        found = match.group()
        shown = found.rstrip(TRAILING)
        if shown.count("(") > shown.count(")") and found[len(shown) : len(shown) + 1] == ")":
            shown += ")"
        href = (
            shown
            if "://" in shown
            else f"mailto:{shown}"
            if "@" in shown and not shown.startswith("www.")
            else f"https://{shown}"
        )
        pieces.append(escape(text[at : match.start()]))
        pieces.append(
            f'<a href="{escape(href)}" rel="noopener noreferrer nofollow" target="_blank">{escape(shown)}</a>'
        )
        at = match.start() + len(shown)
    return "".join([*pieces, escape(text[at:])])
