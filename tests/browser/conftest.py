"""A whole stack, Chromium in front of it, and people who use the pages."""

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
#: How long a page may take to hear of what happened elsewhere, in milliseconds.
PATIENCE = 20_000
PHONE, TABLET, DESKTOP = 360, 768, 1280
_HEIGHTS = {PHONE: 740, TABLET: 1024, DESKTOP: 800}

expect.set_options(timeout=PATIENCE)


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
    """Somebody with an account, who also acts by the API where a test needs something to have happened."""

    email: str
    api: Person


@pytest.fixture(scope="session")
def account(market: Marketplace) -> Callable[[], Account]:
    """Create account for somebody new."""

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
    """Let the seller list a ticket."""

    def list_ticket(title: str = "Nina at the Roundhouse", **more: Any) -> Json:
        starts = (datetime.now(UTC) + timedelta(days=40)).replace(hour=19, minute=30, second=0, microsecond=0)
        details = {"price": "48.00", "venue": "Roundhouse, London", "startsAt": starts.isoformat()}
        return seller.api.list_ticket(title=title, **(details | more))

    return list_ticket


@dataclass
class Watch:
    """Everything that went wrong in a window; `allowed` are the statuses that its pages may answer with."""

    allowed: set[int] = field(default_factory=set)
    troubles: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def _hear(self, message: ConsoleMessage) -> None:
        # A page's own status is told by the response below, with its address.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.troubles.append(f"console: {message.text}")

    def _failed(self, request: Request) -> None:
        # Leaving a page ends what it was still asking for.
        if request.failure != "net::ERR_ABORTED":
            self.troubles.append(f"failed: {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.allowed:
            self.troubles.append(f"{response.status}: {response.request.method} {response.url}")


@dataclass
class Windows:
    """Opens windows, and remembers whatever goes wrong in them."""

    chromium: Browser
    url: str
    contexts: list[BrowserContext] = field(default_factory=list)
    watches: list[Watch] = field(default_factory=list)

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
        """A window of its own, signed in `by` somebody where that is given."""
        context = self.chromium.new_context(
            base_url=self.url,
            viewport={"width": width, "height": _HEIGHTS.get(width, 800)},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            timezone_id="Europe/Berlin",
            locale="en-GB",
            **more,
        )
        context.set_default_timeout(PATIENCE)
        self.contexts.append(context)
        page = context.new_page()
        watch = Watch(set(allowed))
        watch.follow(page)
        self.watches.append(watch)
        if by:
            sign_in(page, by)
        return page

    def troubles(self) -> list[str]:
        return [trouble for watch in self.watches for trouble in watch.troubles]

    def close(self) -> None:
        for context in self.contexts:
            context.close()


def watched(chromium: Browser, url: str) -> Iterator[Windows]:
    """Windows that must be left without an error on a console and without a request that failed."""
    windows = Windows(chromium, url)
    yield windows
    troubles = windows.troubles()
    windows.close()
    assert troubles == []


@pytest.fixture
def windows(stack: RunningStack, chromium: Browser) -> Iterator[Windows]:
    yield from watched(chromium, stack.url)


def sign_in(page: Page, account: Account) -> None:
    """Sign in on the page, as anybody does."""
    page.goto("/auth/signin")
    page.get_by_label("E-mail").fill(account.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")


def heading(page: Page, words: str) -> None:
    """Wait until the page says this in a heading."""
    expect(page.get_by_role("heading", name=words).first).to_be_visible()


@pytest.fixture
def suspend(stack: RunningStack) -> Callable[[Account], None]:
    """Suspend somebody, as an operator does."""

    def suspend(account: Account) -> None:
        command = (sys.executable, "-m", "tests.browser.suspend", account.email)
        subprocess.run(command, env=stack.environment("auth"), cwd=REPOSITORY, check=True)

    return suspend
