"""Checks of every page in every state: markup, accessibility, overflow."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page

from tests.browser import page_scenarios
from tests.browser.conftest import DESKTOP, PHONE, TABLET, Pages, checked_pages
from tests.browser.storefront import Storefront, open_scenario, running_storefront
from tests.suites.chromium import markup_checker
from tests.suites.run import SCREENSHOTS_VARIABLE

#: The narrowest phone, and a desktop screen at 200 % zoom.
NARROWEST, ZOOMED = 320, DESKTOP // 2


@pytest.fixture(scope="session")
def storefront(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storefront]:
    with running_storefront(tmp_path_factory.mktemp("storefront")) as storefront:
        yield storefront


@pytest.fixture
def pages(storefront: Storefront, chromium: Browser) -> Iterator[Pages]:
    yield from checked_pages(chromium, storefront.url)


def open_details(page: Page) -> None:
    page.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")


def axe(page: Page) -> list[str]:
    """Return axe's violations: the rule and the element."""
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def overflow(page: Page) -> list[str]:
    """Return the elements that overflow the viewport to the right."""
    found: list[str] = page.evaluate(
        """() => {
          const width = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= width) return [];
          return [...document.querySelectorAll("body *")]
            .filter((one) => one.getBoundingClientRect().right > width + 0.5)
            .map((one) => `${one.tagName}.${one.className}`);
        }"""
    )
    return found


def small_targets(page: Page) -> list[str]:
    """Return the targets smaller than 24 by 24 pixels (WCAG 2.5.8).

    Links in running text are exempt; a link that covers its card is as large as the card.
    """
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("a, button, summary, input, select, textarea")]
          .filter((one) => one.checkVisibility() && !one.matches("[type=hidden], .skip"))
          .filter((one) => getComputedStyle(one, "::after").position !== "absolute")
          .filter((one) => !(one.matches("a") && [...one.parentNode.childNodes].some(
            (node) => node.nodeType === 3 && node.textContent.trim())))
          .filter((one) => { const box = (one.closest("label") ?? one).getBoundingClientRect();
            return box.width < 24 || box.height < 24; })
          .map((one) => `${one.tagName} ${one.textContent.trim() || one.name}`)"""
    )
    return found


@pytest.mark.parametrize("name", page_scenarios.names())
class TestEveryPage:
    @pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
    def test_is_accessible_and_fits(
        self, pages: Pages, storefront: Storefront, name: str, dark: bool
    ) -> None:
        scenario = storefront.show(name)
        page = pages.open(width=PHONE, dark=dark, allowed={scenario.status})
        open_scenario(page, storefront, scenario)
        _save_screenshot(page, name, dark=dark)
        found: dict[str, list[str]] = {}
        for width in (PHONE, DESKTOP):
            page.set_viewport_size({"width": width, "height": 800})
            open_details(page)
            found[f"axe at {width}"] = axe(page)
            found[f"small at {width}"] = small_targets(page)
        for width in (NARROWEST, PHONE, ZOOMED, TABLET, DESKTOP):
            page.set_viewport_size({"width": width, "height": 800})
            found[f"overflow at {width}"] = overflow(page)
        assert {what: where for what, where in found.items() if where} == {}


def _save_screenshot(page: Page, name: str, *, dark: bool) -> None:
    """Save a screenshot: phone in light mode, desktop in dark mode."""
    folder = os.environ.get(SCREENSHOTS_VARIABLE)
    if folder:
        page.set_viewport_size({"width": DESKTOP if dark else PHONE, "height": 800})
        page.wait_for_load_state("networkidle")
        path = Path(folder) / f"{name}-{'desktop' if dark else 'phone'}.jpg"
        page.screenshot(path=path, full_page=True, type="jpeg", quality=80)


def check_markup(folder: Path) -> list[str]:
    """Return the markup checker's errors in a folder's files."""
    checked = subprocess.run(
        [*markup_checker(), "--errors-only", "--format", "json", "--exit-zero-always", str(folder)],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    messages = json.loads(checked.stderr)["messages"]
    return [f"{Path(m['url']).name}: {m['message']} {m.get('extract', '')}" for m in messages]


class TestMarkup:
    @pytest.mark.timeout(300)
    def test_is_valid_on_every_page(self, storefront: Storefront, pages: Pages, tmp_path: Path) -> None:
        for name in page_scenarios.names():
            scenario = storefront.show(name)
            page = pages.open(script=False, allowed={scenario.status})
            (tmp_path / f"{name}.html").write_bytes(open_scenario(page, storefront, scenario).body())
            page.close()
        assert check_markup(tmp_path) == []


_BROKEN = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Broken</title></head>
<body><span><div>A block in a line</div></span><img src="/nothing.png"><button>.</button>
<p>Hardly to be seen</p></body></html>"""
# By script: the pages' policy blocks style attributes.
_BREAK = """() => {
  document.querySelector("button").style.all = "unset";
  const { style } = document.querySelector("p");
  Object.assign(style, { color: "#ccc", background: "#fff", inlineSize: "150vw" });
}"""


class TestTheChecks:
    def test_find_what_is_wrong(self, storefront: Storefront, chromium: Browser, tmp_path: Path) -> None:
        """Negative control: the checks above find errors on a broken page."""
        storefront.show("browse")
        broken = Pages(chromium, storefront.url)
        page = broken.open(width=PHONE)
        page.goto("/")
        page.set_content(_BROKEN)
        page.evaluate(_BREAK)
        rules = {line.partition(":")[0] for line in axe(page)}
        assert {"image-alt", "color-contrast"} <= rules
        assert "P." in overflow(page)
        assert small_targets(page) == ["BUTTON ."]
        assert any("nothing.png" in trouble for trouble in broken.errors())
        broken.close()
        (tmp_path / "broken.html").write_text(_BROKEN)
        assert any("not allowed as child of element" in message for message in check_markup(tmp_path))
