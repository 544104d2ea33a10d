"""Runs the storefront in front of a fake marketplace, and opens the scenarios' pages."""

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
from tests.browser import page_scenarios
from tests.browser.scenario import Scenario

_TIMEOUT = 20


@dataclass
class Storefront:
    """A running storefront, whose API is the marketplace of the current scenario."""

    url: str
    market: "SwitchableMarketplace"
    mailbox: Path

    def show(self, name: str) -> Scenario:
        """Load a scenario: its marketplace and its e-mails."""
        scenario = page_scenarios.build(name, self.url)
        self.market.current = scenario.market
        scenario.deliver(self.mailbox)
        return scenario


class SwitchableMarketplace(Marketplace):
    """Passes every request to the current scenario's marketplace."""

    current = Marketplace()

    def handle(self, request: httpx.Request) -> httpx.Response:
        return self.current.handle(request)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running_storefront(directory: Path, *, stripe_key: str = "pk_test_pages") -> Iterator[Storefront]:
    """Run the storefront with this key and a fake marketplace; its log and mailbox are in `directory`."""
    market, mailbox = SwitchableMarketplace(), directory / "mailbox"
    mailbox.mkdir()
    url = f"http://127.0.0.1:{_free_port()}"
    with _serving(market) as api_base:
        environment = _environment(url) | {
            "FRONTEND_API_BASE": api_base,
            "DEV_MAILBOX": str(mailbox),
            "STRIPE_PUBLISHABLE_KEY": stripe_key,
        }
        with _gunicorn(url, environment, directory / "log"):
            _wait_for(url)
            yield Storefront(url, market, mailbox)


@contextmanager
def _serving(market: Marketplace) -> Iterator[str]:
    """Serve the fake marketplace's API; yields its base URL."""
    api = serve(market, 0)
    threading.Thread(target=api.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{api.server_port}"
    finally:
        api.shutdown()
        api.server_close()


def _environment(url: str) -> dict[str, str]:
    return base_environment() | {
        "DJANGO_SECRET_KEY": "only-for-testing-the-pages-" * 2,
        "DJANGO_CLIENT_IP_SIGNING_KEY": "only-for-testing-the-pages-" * 2,
        "DJANGO_PUBLIC_ORIGIN": url,
        "DJANGO_ALLOWED_HOSTS": "127.0.0.1",
    }


@contextmanager
def _gunicorn(url: str, environment: dict[str, str], log_path: Path) -> Iterator[None]:
    command = (
        *(sys.executable, "-m", "gunicorn", "frontend_service.config.wsgi:application"),
        *("--config", "python:service_defaults.gunicorn", "--bind", url.removeprefix("http://")),
    )
    with log_path.open("wb") as log:
        process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + _TIMEOUT
    while True:
        try:
            httpx.get(f"{url}/health/live").raise_for_status()
            return
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def open_scenario(page: Page, storefront: Storefront, scenario: Scenario) -> Response:
    """Open the scenario's page as its visitor, fill and press; return the page's response."""
    if scenario.visitor:
        tokens = scenario.market.tokens_for(scenario.visitor)
        page.context.add_cookies([{"name": n, "value": v, "url": storefront.url} for n, v in tokens.items()])
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
