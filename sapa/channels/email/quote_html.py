"""The same for HTML: the blocks in which Gmail, Outlook, Apple Mail, Yahoo, Thunderbird and others put what they quote."""

import re

from sapa.channels.email.quote import Kind, Split, Stretch, announcement, unfolded
from sapa.core.html import ANY_TAG

MAX_QUOTES = 20  # looked at in one mail; each costs a walk through the rest of it
LOOK_BACK = 1_500  # characters before a quote in which its announcement may stand
BLOCK = re.compile(r"<(div|blockquote|hr|table|section)\b([^<>]{1,800})>", re.IGNORECASE)
# The quote is the element itself; words behind its end are new.
ENCLOSING = re.compile(
    r"""class\s*=\s*["']?[^"'>]*\b(?:gmail_quote|yahoo_quoted|protonmail_quote|zmail_extra|moz-signature-quote|tutanota_quote|
        hey-quote|sapa-quote)\b | type\s*=\s*["']?cite\b""",
    re.IGNORECASE | re.VERBOSE,
)
# The element only opens the quote; everything behind it is quoted.
OPENING = re.compile(
    r"""id\s*=\s*["']?(?:appendonsend|divRplyFwdMsg|OLK_SRC_BODY_SECTION|mail-editor-reference-message-container|
        ms-outlook-mobile-body-separator-line|stopSpelling|reply-intro)\b
      | class\s*=\s*["']?[^"'>]*\bmoz-cite-prefix\b
      | style\s*=\s*["'][^"'>]*border:\s*none;\s*border-top:\s*solid\s+\#(?:E1E1E1|B5C4DF)""",
    re.IGNORECASE | re.VERBOSE,
)
SIGNED = re.compile(
    r"""(?:class|id)\s*=\s*["']?[^"'>]*\b(?:gmail_signature|ms-outlook-mobile-signature|Signature|moz-signature|
        AppleMailSignature|protonmail_signature_block)\b""",
    re.IGNORECASE | re.VERBOSE,
)
LINE_START = re.compile(r"<(?:div|p|br|span)\b[^<>]*>", re.IGNORECASE)


def split_html(html: str) -> Split:
    """The parts of an HTML reply. Each may hold unclosed elements: clean it before it is shown."""
    signature: tuple[int, int] | None = None
    quotes = 0
    for match in BLOCK.finditer(html):
        attributes = match.group(2)
        if OPENING.search(attributes):
            return _cut(html, signature, _with_announcement(html, match.start()), len(html))
        if ENCLOSING.search(attributes):
            quotes += 1
            if quotes > MAX_QUOTES:
                break
            end = _end_of(html, match)
            if _has_words(html[end:]):
                continue  # answers below or between the quotes: nothing is folded
            return _cut(html, signature, _with_announcement(html, match.start()), len(html))
        if signature is None and SIGNED.search(attributes):
            signature = (match.start(), _end_of(html, match))
    return _cut(html, signature, len(html), len(html))


def _cut(html: str, signature: tuple[int, int] | None, start: int, end: int) -> Split:
    pieces: list[tuple[Kind, int, int]] = []
    at = 0
    if signature and signature[0] < start:
        pieces += [(Kind.FRESH, 0, signature[0]), (Kind.SIGNATURE, signature[0], min(signature[1], start))]
        at = min(signature[1], start)
    pieces += [(Kind.FRESH, at, start), (Kind.QUOTED, start, end)]
    split = Split(tuple(Stretch(kind, html[first:last]) for kind, first, last in pieces if last > first))
    return split if _has_words(split.fresh) or "<img" in split.fresh.lower() else _whole(html, split)


def _whole(html: str, split: Split) -> Split:
    return Split((Stretch(Kind.FRESH, html),)) if html and _has_words(split.quoted) else unfolded(split)


def _end_of(html: str, opened: re.Match[str]) -> int:
    """Behind the end of the element that `opened`, or the end of the text when it is never closed."""
    tag = re.compile(rf"<(/?){opened.group(1)}\b[^<>]*>", re.IGNORECASE)
    depth = 0
    for match in tag.finditer(html, opened.start()):
        depth += -1 if match.group(1) else 1
        if depth == 0:
            return match.end()
    return len(html)


def _has_words(html: str) -> bool:
    return bool(ANY_TAG.sub("", html).replace("&nbsp;", "").strip())


def _with_announcement(html: str, start: int) -> int:
    """Where the quote begins together with its «On … wrote:» when that stands right before it."""
    window = max(0, start - LOOK_BACK)
    for match in reversed(list(LINE_START.finditer(html, window, start))[-12:]):
        words = " ".join(
            ANY_TAG.sub(" ", html[match.start() : start])
            .replace("&nbsp;", " ")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .split()
        )
        if words and announcement([words]):
            return match.start()
        if len(words) > 400:
            break
    return start
