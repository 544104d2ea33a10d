"""Every page and state, looked at: markup, what keeps people out, and what doesn't fit."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, Response

from frontend_service.tests.fake_marketplace import Marketplace
from frontend_service.tests.fake_server import serve
from local_stack.chromium import markup_checker
from local_stack.environment import base_environment
from local_stack.run_suites import SCREENSHOTS_VARIABLE
from local_stack.stack import REPOSITORY
from tests.browser import gallery
from tests.browser.conftest import DESKTOP, PHONE, TABLET, Windows
from tests.browser.stage import Scene

#: The narrowest phone, and a desk's screen at 200 % zoom.
NARROWEST, ZOOMED = 320, DESKTOP // 2
_PATIENCE = 20


@dataclass
class Shop:
    """The storefront by itself, in front of whatever marketplace a scene has."""

    url: str
    market: "Stand"
    mailbox: Path

    def show(self, name: str) -> Scene:
        """Set the stage for a scene."""
        scene = gallery.build(name, self.url)
        self.market.now = scene.market
        scene.deliver(self.mailbox)
        return scene


class Stand(Marketplace):
    """Answers for the marketplace of the scene that is being played."""

    now = Marketplace()

    def handle(self, request: httpx.Request) -> httpx.Response:
        return self.now.handle(request)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    port, stand, mailbox = _free_port(), Stand(), tmp_path_factory.mktemp("mailbox")
    api = serve(stand, 0)
    threading.Thread(target=api.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{port}"
    environment = base_environment() | {
        "DJANGO_SECRET_KEY": "only-for-looking-at-the-pages" * 2,
        "DJANGO_VISITOR_KEY": "only-for-looking-at-the-pages" * 2,
        "DJANGO_PUBLIC_ORIGIN": url,
        "DJANGO_ALLOWED_HOSTS": "127.0.0.1",
        "FRONTEND_API_BASE": f"http://127.0.0.1:{api.server_port}",
        "FRONTEND_MAILBOX": str(mailbox),
        "STRIPE_PUBLISHABLE_KEY": "pk_test_gallery",
    }
    command = (
        *(sys.executable, "-m", "gunicorn", "frontend_service.config.wsgi:application"),
        *("--config", "python:service_defaults.gunicorn", "--bind", f"127.0.0.1:{port}"),
    )
    log = (tmp_path_factory.mktemp("shop") / "log").open("wb")
    process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=log, stderr=log)
    try:
        _wait_for(url)
        yield Shop(url, stand, mailbox)
    finally:
        process.terminate()
        process.wait()
        log.close()
        api.shutdown()
        api.server_close()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            httpx.get(f"{url}/health/live").raise_for_status()
            return
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@pytest.fixture
def windows(shop: Shop, chromium: Browser) -> Iterator[Windows]:
    windows = Windows(chromium, shop.url)
    yield windows
    troubles = windows.troubles()
    windows.close()
    assert troubles == []


def enter(page: Page, shop: Shop, scene: Scene) -> Response:
    """Go to where the scene plays, as its visitor, and do what it says; return the page as it was sent."""
    if scene.visitor:
        tokens = scene.market.tokens_for(scene.visitor)
        page.context.add_cookies([{"name": n, "value": v, "url": shop.url} for n, v in tokens.items()])
    answer = page.goto(scene.address)
    for label, words in scene.fill.items():
        control = page.get_by_label(label)
        control.fill(words) if words else control.check()
    if scene.press:
        with page.expect_navigation() as gone:
            page.get_by_role("main").get_by_role("button", name=scene.press, exact=True).click()
        answer = gone.value
    assert answer is not None
    assert answer.status == scene.status
    return answer


def open_everything(page: Page) -> None:
    page.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")


def axe(page: Page) -> list[str]:
    """Return what axe finds: the rule, and the elements that break it."""
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def overflow(page: Page) -> list[str]:
    """Return what sticks out of the window to the right."""
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
    """Return what is smaller than 24 by 24 pixels to point at (WCAG 2.5.8).

    Links in running text may be; a link that is stretched over its card is as large as that.
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


@pytest.mark.parametrize("name", gallery.names())
class TestEveryPage:
    @pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
    def test_keeps_nobody_out_and_fits(self, windows: Windows, shop: Shop, name: str, dark: bool) -> None:
        scene = shop.show(name)
        page = windows.open(width=PHONE, dark=dark, allowed={scene.status})
        enter(page, shop, scene)
        _keep(page, name, dark=dark)
        found: dict[str, list[str]] = {}
        for width in (PHONE, DESKTOP):
            page.set_viewport_size({"width": width, "height": 800})
            open_everything(page)
            found[f"axe at {width}"] = axe(page)
            found[f"small at {width}"] = small_targets(page)
        for width in (NARROWEST, PHONE, ZOOMED, TABLET, DESKTOP):
            page.set_viewport_size({"width": width, "height": 800})
            found[f"sticking out at {width}"] = overflow(page)
        assert {what: where for what, where in found.items() if where} == {}


def _keep(page: Page, name: str, *, dark: bool) -> None:
    """Keep a picture: a phone's by day and a desk's by night."""
    folder = os.environ.get(SCREENSHOTS_VARIABLE)
    if folder:
        page.set_viewport_size({"width": DESKTOP if dark else PHONE, "height": 800})
        page.wait_for_load_state("networkidle")
        path = Path(folder) / f"{name}-{'desk' if dark else 'phone'}.jpg"
        page.screenshot(path=path, full_page=True, type="jpeg", quality=80)


def check_markup(folder: Path) -> list[str]:
    """Return what the markup checker refuses in a folder's files."""
    checked = subprocess.run(
        [*markup_checker(), "--errors-only", "--format", "json", "--exit-zero-always", str(folder)],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    messages = json.loads(checked.stderr)["messages"]
    return [f"{Path(m['url']).name}: {m['message']} {m.get('extract', '')}" for m in messages]


class TestMarkup:
    def test_is_valid_on_every_page(self, shop: Shop, windows: Windows, tmp_path: Path) -> None:
        for name in gallery.names():
            scene = shop.show(name)
            page = windows.open(script=False, allowed={scene.status})
            (tmp_path / f"{name}.html").write_bytes(enter(page, shop, scene).body())
            page.close()
        assert check_markup(tmp_path) == []


_BROKEN = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Broken</title></head>
<body><span><div>A block in a line</div></span><img src="/nothing.png"><button>.</button>
<p>Hardly to be seen</p></body></html>"""
# By script: the pages' policy lets no style attribute through.
_BREAK = """() => {
  document.querySelector("button").style.all = "unset";
  const { style } = document.querySelector("p");
  Object.assign(style, { color: "#ccc", background: "#fff", inlineSize: "150vw" });
}"""


class TestTheChecks:
    def test_find_what_is_wrong(self, shop: Shop, chromium: Browser, tmp_path: Path) -> None:
        """Without this, everything above might pass because nothing is looked at."""
        shop.show("browse")
        broken = Windows(chromium, shop.url)
        page = broken.open(width=PHONE)
        page.goto("/")
        page.set_content(_BROKEN)
        page.evaluate(_BREAK)
        rules = {line.partition(":")[0] for line in axe(page)}
        assert {"image-alt", "color-contrast"} <= rules
        assert "P." in overflow(page)
        assert small_targets(page) == ["BUTTON ."]
        assert any("nothing.png" in trouble for trouble in broken.troubles())
        broken.close()
        (tmp_path / "broken.html").write_text(_BROKEN)
        assert any("not allowed as child of element" in message for message in check_markup(tmp_path))
