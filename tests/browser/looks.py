"""What is asked of every page: it is accessible, fits a phone, and breaks no rule; and pictures of it for people."""

from typing import Any

from playwright.sync_api import Page, ViewportSize

from tests.browser.server import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SHOTS = ROOT / "var" / "shots"
DESK, PHONE = ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844)

# Colours that are on their way to others would be judged half way.
_SETTLED = """() => document.readyState === "complete"
  && !document.querySelector(".htmx-request")
  && [...document.querySelectorAll(".bell, aside.side[hx-get]")].every((place) => place.children.length)
  && (!document.querySelector("#swagger-ui") || document.querySelector("#swagger-ui .opblock"))
  && [...document.querySelectorAll("sapa-composer")].every((one) => !one.querySelector("form") || one.hasAttribute("ready"))
  && document.getAnimations().every((one) => one.playState !== "running" || one.effect.getTiming().iterations === Infinity)"""

_AXE = """() => axe.run(document, { iframes: false, resultTypes: ["violations"],
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })
  .then((found) => found.violations.flatMap(({ id, impact, nodes, help }) =>
    nodes.map(({ target, failureSummary }) => ({ id, impact, help, target: target.join(" "), why: failureSummary }))))"""

_TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && one.checkVisibility())
  .slice(0, 5).map((one) => `${one.tagName.toLowerCase()}.${one.className} ends at ${Math.round(one.getBoundingClientRect().right)}`)"""


def settle(page: Page) -> None:
    """Everything that the page fetches for itself is there, and nothing moves."""
    page.wait_for_function(_SETTLED)


def faults(page: Page) -> list[str]:
    """What axe calls serious or critical, one line each."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(_AXE)
    return [
        f"{one['impact']} {one['id']}: {one['target']}: {' '.join(str(one['why']).split())[:300]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def too_wide(page: Page) -> list[str]:
    """What makes the page scroll sideways."""
    found: list[str] = page.evaluate(_TOO_WIDE)
    return found


def examine(page: Page, name: str, language: str, *, axe: bool = True) -> list[str]:
    """All of it in both appearances and on two sizes; what is wrong, one line each."""
    wrong = []
    SHOTS.mkdir(parents=True, exist_ok=True)
    for size, viewport in (("1440", DESK), ("390", PHONE)):
        page.set_viewport_size(viewport)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            settle(page)
            if axe and size == "1440":
                wrong += [f"{name}, {theme}: {fault}" for fault in faults(page)]
            wrong += [f"{name}, {size}: too wide: {one}" for one in too_wide(page)]
            page.screenshot(path=SHOTS / f"{name}-{theme}-{language}-{size}.png", animations="disabled")
    return wrong
