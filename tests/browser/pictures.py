"""Makes the pictures of the README anew, of the demo company: `python -m tests.browser.pictures`."""

import subprocess
from pathlib import Path
from shutil import which

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.looks import DESK, PHONE, settle
from tests.browser.server import ROOT, Sapa

PICTURES = ROOT / "docs" / "pictures"
LOCALES = {"en": "en-GB", "id": "id-ID"}
LIMIT = 300_000  # bytes of a picture


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    sapa = Sapa(demo=True)
    try:
        sapa.start()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
            _take(browser, sapa)
            browser.close()
    finally:
        sapa.stop()


def _take(browser: Browser, sapa: Sapa) -> None:
    password = (sapa.home / "var" / "demo_password").read_text(encoding="ascii").strip()
    for language, locale in LOCALES.items():
        page = browser.new_context(base_url=sapa.url, locale=locale, viewport=DESK, reduced_motion="reduce").new_page()
        page.set_default_timeout(60_000)
        page.goto("/accounts/login/")
        if language == "en":
            _shot(page, "login", "light")
        page.locator("[name=login]").fill("ayu@toko-nusantara.example")
        page.locator("[name=password]").fill(password)
        page.locator("form .primary[type=submit]").click()
        page.wait_for_url("**/inbox/**")
        page.goto("/inbox/open/")
        _open_the_richest(page)
        if language == "en":
            _shot(page, "workspace-light", "light")
            page.goto("/settings/people/")
            _shot(page, "settings", "light")
        else:
            _shot(page, "workspace-dark", "dark")
            page.set_viewport_size(PHONE)
            _shot(page, "phone", "light")


def _open_the_richest(page: Page) -> None:
    """The conversation among the newest in which most was said, notes counted twice."""
    best, most = "", -1
    for row in page.locator("#rows .row").all()[:14]:
        path = row.get_attribute("href") or ""
        number = row.get_attribute("data-id")
        thread = page.request.get(f"/conversations/{number}/thread").text()
        said = thread.count('class="message ') + 2 * thread.count('class="message note')
        if said > most:
            best, most = path, said
    page.goto(best)
    page.locator("sapa-composer[ready]").wait_for()


def _shot(page: Page, name: str, theme: str) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    settle(page)
    path = PICTURES / f"{name}.png"
    page.screenshot(path=path, animations="disabled")
    _compress(path)
    if path.stat().st_size > LIMIT:
        raise SystemExit(f"{path} has {path.stat().st_size} bytes, more than {LIMIT}")


def _compress(path: Path) -> None:
    """256 colours are enough for a page, where ImageMagick is there to choose them."""
    if convert := which("convert"):
        subprocess.run([convert, path, "-strip", "+dither", "-colors", "256", f"PNG8:{path}"], check=True)


if __name__ == "__main__":
    main()
