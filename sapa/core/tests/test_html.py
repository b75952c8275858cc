"""HTML that strangers wrote: harmless after cleaning, readable as text, bounded in time."""

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapa.core.html import clean, from_text, has_remote_images, reveal, to_text

ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.id/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<img src=javascript:alert(1)>",
    '<img src="data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+">',
    '<img src="data:text/html,<script>alert(1)</script>">',
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    '<math><annotation-xml encoding="text/html"><script>alert(1)</script></annotation-xml></math>',
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="java\nscript:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    '<a href=" javascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="vbscript:msgbox(1)">x</a>',
    '<a href="//evil.id">x</a>',
    '<a href="/logout">x</a>',
    "<iframe src=//evil.id></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=//evil.id></object><embed src=//evil.id>",
    "<form action=//evil.id><input name=password><button>ok</button></form>",
    "<base href=//evil.id>",
    "<meta http-equiv=refresh content='0;url=//evil.id'>",
    "<link rel=stylesheet href=//evil.id/x.css>",
    "<style>@import '//evil.id/x.css'; * { background: url(//evil.id) }</style>",
    '<div style="background:url(//evil.id/x)">x</div>',
    '<div style="background-image:url(//evil.id/x)">x</div>',
    '<div style="color:expression(alert(1))">x</div>',
    '<div style="width:\\65 xpression(alert(1))">x</div>',
    '<div style="-moz-binding:url(//evil.id)">x</div>',
    '<div style="position:fixed;top:0;left:0;z-index:99">x</div>',
    '<div style="list-style:url(//evil.id/x)">x</div>',
    '<div style="content:url(//evil.id/x)">x</div>',
    '<table background="//evil.id/x"><tr><td background=//evil.id/x>x</td></tr></table>',
    "<body onload=alert(1) background=//evil.id/x>x</body>",
    "<video src=//evil.id poster=//evil.id><source src=//evil.id></video><audio src=//evil.id>",
    "<img srcset='//evil.id/x 2x'>",
    "<input type=image src=//evil.id/x onfocus=alert(1) autofocus>",
    "<details open ontoggle=alert(1)>x</details>",
    "<template><script>alert(1)</script></template>",
    "<xmp><script>alert(1)</script></xmp>",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "<a href='https://x.id' target=_self onclick=alert(1)>x</a>",
    "<p id=cookie name=body class=modal>x</p>",
    "<<script>script>alert(1)<</script>/script>",
    '<img alt="`><script>alert(1)</script>">',
    '"><script>alert(1)</script>',
    "<div\x00 onmouseover=alert(1)>x</div>",
    "<sc\x00ript>alert(1)</sc\x00ript>",
    "<textarea><img src=x onerror=alert(1)></textarea>",
    "<title><img src=x onerror=alert(1)></title>",
    "<select><style></select><img src=x onerror=alert(1)></style>",
    '<p title="&quot;&gt;<img src=x onerror=alert(1)>">x</p>',
    '&lt;img src=x onerror=alert(1)&gt; src="\ue000\ue001remote:x"',
    '<img title=" src=&quot;\ue000\ue001remote:https://evil.id" src="https://x.id/a">',
    '<img src="cid:x&quot; onerror=&quot;alert(1)">',
]  # fmt: skip
SAFE_STYLE = re.compile(r"url|expression|position|import|binding|\\", re.IGNORECASE)


class Reader(HTMLParser):
    """Every element and attribute of a result."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [(tag, "", "")] + [(tag, name, value or "") for name, value in attrs]


def elements(html: str) -> list[tuple[str, str, str]]:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader.found


def check_harmless(html: str) -> None:
    for tag, name, value in elements(html):
        assert tag not in {
            "script",
            "style",
            "iframe",
            "object",
            "embed",
            "form",
            "input",
            "svg",
            "math",
            "base",
            "meta",
            "link",
            "video",
        }
        assert not name.startswith("on")
        assert name not in {"id", "name", "srcset", "background", "formaction", "xlink:href"}
        if name == "src":
            assert value.startswith(("data:image/png", "data:image/gif", "data:image/jpeg", "data:image/webp"))
        if name == "href":
            assert value.lower().startswith(("http://", "https://", "mailto:", "tel:", "sms:"))
        if name == "style":
            assert not SAFE_STYLE.search(value)


@pytest.mark.parametrize("attack", ATTACKS)
def test_attack_is_harmless(attack: str) -> None:
    cleaned = clean(attack)
    check_harmless(cleaned)
    check_harmless(clean(cleaned))


@given(st.lists(st.sampled_from([*ATTACKS, "<", ">", '"', "'", "<b>", "</b>", "<!--", "-->", "&", "x"]), max_size=6))
def test_attacks_in_a_row_are_harmless(pieces: list[str]) -> None:
    check_harmless(clean("".join(pieces)))


def test_remote_images_wait_until_asked_for() -> None:
    cleaned = clean('<img src="https://iklan.id/p.gif?a=1&amp;b=2" alt="x"><img src="//iklan.id/q.gif">')
    assert has_remote_images(cleaned)
    assert not re.search(r'[^-]src="', cleaned)
    assert 'data-remote-src="https://iklan.id/p.gif?a=1&amp;b=2"' in cleaned
    assert ' src="https://iklan.id/p.gif?a=1&amp;b=2"' in reveal(cleaned, inline={}, remote=True)


def test_own_pictures_are_marked_and_filled_in() -> None:
    cleaned = clean('<img src="cid:foto@1"><img src="CID:lain">')
    assert 'data-cid="foto@1"' in cleaned
    shown = reveal(cleaned, inline={"foto@1": "/files/7?a&b"})
    assert ' src="/files/7?a&amp;b"' in shown
    assert 'data-cid="lain"' in shown


PICTURES = [
    '<img src="cid:a&amp;b">',
    '<img src="https://x.id/a?b=1&amp;c=2">',
    "<img src=//x.id/p>",
    "<img data-remote-src=javascript:x>",
]


@given(
    st.lists(
        st.sampled_from([*ATTACKS, *PICTURES, "<p style='color:red'>", "<a href=mailto:a@x.id>", "&amp;lt;"]),
        max_size=5,
    )
)
def test_cleaning_what_is_clean_keeps_every_element_and_attribute(pieces: list[str]) -> None:
    once = clean("".join(pieces))
    check_harmless(once)
    assert sorted(elements(clean(once))) == sorted(elements(once))


def test_links_open_elsewhere_and_tell_nothing() -> None:
    cleaned = clean('<a href="https://x.id/?a=1&b=2" target="_top" rel="opener">x</a>')
    assert 'target="_blank"' in cleaned
    assert 'rel="noopener noreferrer nofollow"' in cleaned


def test_decent_looks_are_kept() -> None:
    html = '<p style="color: red; font-weight: bold">x</p><table border="1"><tbody><tr><td colspan="2">y</td></tr></tbody></table>'
    cleaned = clean(html)
    assert re.search(r"color:\s*red", cleaned)
    assert re.search(r"font-weight:\s*bold", cleaned)
    assert 'colspan="2"' in cleaned


@pytest.mark.parametrize(
    "bomb", ["<div>" * 200_000, "<font color=red>" * 20_000 + "</div>" * 40_000, "<b>" * 100_000, "<" * 500_000]
)
def test_html_made_to_be_slow_is_cleaned_in_time(bomb: str) -> None:
    began = time.process_time()
    clean(bomb)
    to_text(bomb)
    assert time.process_time() - began < 4


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>satu</p><p>dua</p>", "satu\n\ndua"),
        ("satu<br>dua<br><br>tiga", "satu\ndua\n\ntiga"),
        ("<div>satu</div><div>dua</div>", "satu\ndua"),
        ("a <b>b</b>\n c&nbsp;&amp; d", "a b c & d"),
        ("<ul><li>satu</li><li>dua</li></ul>", "- satu\n- dua"),
        ("<ol><li>satu<li>dua</ol>", "1. satu\n2. dua"),
        ('<a href="https://x.id/a">sini</a>', "sini <https://x.id/a>"),
        ('<a href="https://x.id/">x.id</a>', "x.id"),
        ('<a href="mailto:a@x.id">a@x.id</a>', "a@x.id"),
        ("<p>ya</p><blockquote>satu<br>dua</blockquote>", "ya\n\n> satu\n> dua"),
        ("<blockquote><p>a</p><blockquote>b</blockquote></blockquote>", "> a\n>\n> > b"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<style>p{}</style><script>x</script><title>t</title>isi", "isi"),
        ("<img alt='Logo'>", "Logo"),
        ("1. bukan _daftar_ *tebal*", "1. bukan _daftar_ *tebal*"),
        ("", ""),
    ],
)
def test_html_becomes_text(html: str, text: str) -> None:
    assert to_text(html) == text


@given(st.text(max_size=300))
def test_text_becomes_harmless_html_and_keeps_its_words(text: str) -> None:
    html = from_text(text)
    check_harmless(html)
    assert {tag for tag, _name, _value in elements(html)} <= {"p", "br", "a"}
    letters = re.sub(r"[\s\x00-\x1f]", "", text)
    if (
        letters.isascii()
        and not set("&;<") & set(letters)
        and "://" not in letters
        and "@" not in letters
        and "www" not in letters
    ):
        assert re.sub(r"[\s\x00-\x1f]", "", to_text(html)) == letters


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("lihat https://x.id/a?b=1&c=2.", "https://x.id/a?b=1&amp;c=2"),
        ("(www.x.id)", "https://www.x.id"),
        ("tulis ke dan@x.id!", "mailto:dan@x.id"),
        ("https://id.wikipedia.org/wiki/Toko_(usaha)", "https://id.wikipedia.org/wiki/Toko_(usaha)"),
    ],
)
def test_addresses_in_text_become_links(text: str, href: str) -> None:
    assert f'href="{href}"' in from_text(text)


def test_text_cannot_become_markup() -> None:
    assert from_text("<b>&\"'</b>") == "<p>&lt;b&gt;&amp;&quot;&#x27;&lt;/b&gt;</p>"
