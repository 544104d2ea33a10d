"""Fixtures: a running stack, Chromium, accounts and pages."""

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, expect

from local_stack.stack import REPOSITORY
from tests.load.client import Json, Marketplace, Person
from tests.running_stack import RunningStack, running_stack
from tests.suites.chromium import running_chromium
from tests.suites.run import BROKER_VARIABLE

HOLD_SECONDS = 900
PASSWORD = "correct horse battery staple"
#: How long a page may take to show a change that was made elsewhere, in milliseconds.
TIMEOUT_MS = 20_000
PHONE, TABLET, DESKTOP = 360, 768, 1280
_HEIGHTS = {PHONE: 740, TABLET: 1024, DESKTOP: 800}

expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture(scope="session")
def stack() -> Iterator[RunningStack]:
    broker = os.environ.get(BROKER_VARIABLE, "embedded")
    with running_stack(broker=broker, hold_seconds=HOLD_SECONDS) as stack:
        yield stack


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def market(stack: RunningStack) -> Iterator[Marketplace]:
    with closing(Marketplace(stack.url)) as market:
        yield market


@dataclass
class Account:
    """An account, with a client of the API for what a test sets up."""

    email: str
    api: Person


@pytest.fixture(scope="session")
def account(market: Marketplace) -> Callable[[], Account]:
    """Create accounts."""

    def account() -> Account:
        email = f"{uuid.uuid4().hex[:12]}@example.com"
        person = Person(market, email, PASSWORD)
        person.sign_up()
        return Account(email, person)

    return account


@pytest.fixture(scope="session")
def seller(account: Callable[[], Account]) -> Account:
    return account()


@pytest.fixture(scope="session")
def list_ticket(seller: Account) -> Callable[..., Json]:
    """List tickets as the seller."""

    def list_ticket(title: str = "Nina at the Roundhouse", **more: Any) -> Json:
        starts = (datetime.now(UTC) + timedelta(days=40)).replace(hour=19, minute=30, second=0, microsecond=0)
        details = {"price": "48.00", "venue": "Roundhouse, London", "startsAt": starts.isoformat()}
        return seller.api.list_ticket(title=title, **(details | more))

    return list_ticket


@dataclass
class PageErrors:
    """Records a page's errors; responses may have the statuses in `allowed`."""

    allowed: set[int] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.errors.append(f"script: {error}"))
        page.on("requestfailed", self._on_failed_request)
        page.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        # A failed response is recorded by `_on_response`, with its URL.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.errors.append(f"console: {message.text}")

    def _on_failed_request(self, request: Request) -> None:
        # Leaving a page aborts its open requests.
        if request.failure != "net::ERR_ABORTED":
            self.errors.append(f"failed: {request.url} {request.failure}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.allowed:
            self.errors.append(f"{response.status}: {response.request.method} {response.url}")


@dataclass
class Pages:
    """Opens pages and records their errors."""

    chromium: Browser
    url: str
    contexts: list[BrowserContext] = field(default_factory=list)
    recorders: list[PageErrors] = field(default_factory=list)

    def open(
        self,
        *,
        by: Account | None = None,
        width: int = DESKTOP,
        dark: bool = False,
        script: bool = True,
        allowed: frozenset[int] | set[int] = frozenset(),
        **more: Any,
    ) -> Page:
        """Open a page in a new browser context, signed in as the account `by` where given."""
        context = self.chromium.new_context(
            base_url=self.url,
            viewport={"width": width, "height": _HEIGHTS.get(width, 800)},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            timezone_id="Europe/Berlin",
            locale="en-GB",
            **more,
        )
        context.set_default_timeout(TIMEOUT_MS)
        self.contexts.append(context)
        page = context.new_page()
        recorder = PageErrors(set(allowed))
        recorder.listen(page)
        self.recorders.append(recorder)
        if by:
            sign_in(page, by)
        return page

    def errors(self) -> list[str]:
        return [trouble for recorder in self.recorders for trouble in recorder.errors]

    def close(self) -> None:
        for context in self.contexts:
            context.close()


def checked_pages(chromium: Browser, url: str) -> Iterator[Pages]:
    """Pages that must end without console errors and failed requests."""
    pages = Pages(chromium, url)
    yield pages
    errors = pages.errors()
    pages.close()
    assert errors == []


@pytest.fixture
def pages(stack: RunningStack, chromium: Browser) -> Iterator[Pages]:
    yield from checked_pages(chromium, stack.url)


def sign_in(page: Page, account: Account) -> None:
    """Sign in through the form."""
    page.goto("/auth/signin")
    page.get_by_label("E-mail").fill(account.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")


def heading(page: Page, words: str) -> None:
    """Wait until the page has this heading."""
    expect(page.get_by_role("heading", name=words).first).to_be_visible()


@pytest.fixture
def suspend(stack: RunningStack) -> Callable[[Account], None]:
    """Suspend an account, as staff does."""

    def suspend(account: Account) -> None:
        command = (sys.executable, "-m", "tests.browser.suspend", account.email)
        subprocess.run(command, env=stack.environment("auth"), cwd=REPOSITORY, check=True)

    return suspend
