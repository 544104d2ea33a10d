"""The storefront by itself, in front of a marketplace in memory, for as long as somebody looks."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from playwright.sync_api import Page, Response

from frontend_service.tests.fake_marketplace import Marketplace
from frontend_service.tests.fake_server import serve
from local_stack.environment import base_environment
from local_stack.stack import REPOSITORY
from tests.browser import gallery
from tests.browser.stage import Scene

_PATIENCE = 20


@dataclass
class Shop:
    """The storefront by itself, in front of whatever marketplace a scenario has."""

    url: str
    market: "Stand"
    mailbox: Path

    def show(self, name: str) -> Scene:
        """Set the stage for a scenario."""
        scenario = gallery.build(name, self.url)
        self.market.now = scenario.market
        scenario.deliver(self.mailbox)
        return scenario


class Stand(Marketplace):
    """Answers for the marketplace of the scenario that is being played."""

    now = Marketplace()

    def handle(self, request: httpx.Request) -> httpx.Response:
        return self.now.handle(request)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running_shop(directory: Path, *, stripe_key: str = "pk_test_gallery") -> Iterator[Shop]:
    """The storefront with this key, which keeps what it needs in a directory."""
    port, stand, mailbox = _free_port(), Stand(), directory / "mailbox"
    mailbox.mkdir()
    api = serve(stand, 0)
    threading.Thread(target=api.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{port}"
    environment = base_environment() | {
        "DJANGO_SECRET_KEY": "only-for-looking-at-the-pages" * 2,
        "DJANGO_CLIENT_IP_SIGNING_KEY": "only-for-looking-at-the-pages" * 2,
        "DJANGO_PUBLIC_ORIGIN": url,
        "DJANGO_ALLOWED_HOSTS": "127.0.0.1",
        "FRONTEND_API_BASE": f"http://127.0.0.1:{api.server_port}",
        "DEV_MAILBOX": str(mailbox),
        "STRIPE_PUBLISHABLE_KEY": stripe_key,
    }
    command = (
        *(sys.executable, "-m", "gunicorn", "frontend_service.config.wsgi:application"),
        *("--config", "python:service_defaults.gunicorn", "--bind", f"127.0.0.1:{port}"),
    )
    log = (directory / "log").open("wb")
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


def enter(page: Page, shop: Shop, scenario: Scene) -> Response:
    """Go to where the scenario plays, as its visitor, and do what it says; return the page as it was sent."""
    if scenario.visitor:
        tokens = scenario.market.tokens_for(scenario.visitor)
        page.context.add_cookies([{"name": n, "value": v, "url": shop.url} for n, v in tokens.items()])
    answer = page.goto(scenario.address)
    for label, words in scenario.fill.items():
        control = page.get_by_label(label)
        control.fill(words) if words else control.check()
    if scenario.press:
        with page.expect_navigation() as gone:
            page.get_by_role("main").get_by_role("button", name=scenario.press, exact=True).click()
        answer = gone.value
    assert answer is not None
    assert answer.status == scenario.status
    return answer
