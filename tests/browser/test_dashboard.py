"""The pages of the dashboard in a browser: live, accessible, and no markup comes from what they show."""

import os
import threading
from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from inspection.dashboard import server as module
from inspection.dashboard.flow import EventFlow
from inspection.dashboard.metrics import Sample
from inspection.dashboard.server import Dashboard
from inspection.dashboard.spans import SpanStore
from inspection.tests.dashboard.conftest import Client, export, log, run_dir, stack
from local_stack.stack import Stack
from local_stack.supervisor.process_status import ProcessStatus
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_pages import axe, check_markup, overflow

__all__ = ["log", "run_dir", "stack"]

Log = Callable[[str, str], None]
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
TRACE = bytes(range(16))
PATHS = ("/", "/logs", "/traces", f"/traces/{TRACE.hex()}", "/flow")


@pytest.fixture
def client(stack: Stack, log: Log, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A dashboard in which everything that comes from outside is hostile."""
    status = ProcessStatus(
        HOSTILE, step=False, state="running", pid=os.getpid(), since=1.0, restarts=2,
        detail=HOSTILE, last_restart=HOSTILE, address=HOSTILE,
    ).as_dict()  # fmt: skip
    monkeypatch.setattr("inspection.dashboard.processes.Supervision.status", lambda self: [status])
    samples = [Sample("events_stream_halted", 1, {"stream": "user"}), Sample("events_dead_letters", 3, {})]
    monkeypatch.setattr(
        EventFlow.__init__, "__defaults__", (lambda _: {"orders.relay": samples}, lambda: 1.0)
    )
    log(
        "orders.web",
        f"2026-11-27 12:00:00,000 ERROR orders app: {HOSTILE} trace_id={TRACE.hex()}\n  {HOSTILE}\n",
    )
    with Dashboard(stack, 0, SpanStore(stack.run_dir / "traces.sqlite")) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        client = Client(server.server_port)
        client.post(export(HOSTILE, HOSTILE, service=HOSTILE, trace=TRACE, attributes={HOSTILE: HOSTILE}))
        yield client
        server.shutdown()


@pytest.fixture
def open_page(client: Client, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page; at the end no script may have failed, and no hostile one may have run."""
    pages: list[Page] = []
    errors: list[str] = []

    def open_page(path: str, width: int = DESKTOP, scheme: Literal["dark", "light"] = "light") -> Page:
        page = chromium.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        pages.append(page)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text))
        page.goto(f"http://127.0.0.1:{client.port}{path}")
        page.wait_for_function(
            "() => [...document.querySelectorAll('main *')].some((one) => one.dataset.key)"
        )
        return page

    yield open_page
    titles = [page.title() for page in pages]
    for page in pages:
        page.close()
    assert errors == []
    assert "owned" not in titles


class TestEachPage:
    @pytest.mark.parametrize("path", PATHS)
    def test_is_sound_in_both_schemes_and_widths(self, open_page: Callable[..., Page], path: str) -> None:
        for width, scheme in ((PHONE, "dark"), (DESKTOP, "light")):
            page = open_page(path, width, scheme)
            page.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            assert page.locator("main img, main script").count() == 0
            assert axe(page) == []
            assert overflow(page) == []

    def test_is_sound_markup(self) -> None:
        assert check_markup(module._FOLDER / "index.html") == []


class TestTheLogs:
    def test_follow_and_lead_to_the_trace(self, open_page: Callable[..., Page], log: Log) -> None:
        page = open_page("/logs?process=orders")
        log("orders.relay", "2026-11-27 12:00:01,000 INFO orders app: came later\n")
        expect(page.get_by_text("came later")).to_be_visible()
        page.get_by_label("At least").select_option("ERROR")
        expect(page.get_by_text("came later")).to_be_hidden()
        page.get_by_role("link", name="trace", exact=True).click()
        expect(page.locator(".span").first).to_be_visible()


class TestATrace:
    def test_is_found_and_opened_with_the_keyboard(
        self, open_page: Callable[..., Page], client: Client
    ) -> None:
        page = open_page("/traces")
        client.post(export("POST /pay", attributes={"correlation_id": "r-5f1c"}))
        page.get_by_role("searchbox").fill("r-5f1c")
        link = page.get_by_role("link", name="POST /pay")
        link.focus()
        page.wait_for_timeout(2_500)
        expect(link).to_be_focused()
        page.keyboard.press("Enter")
        page.locator(".span summary").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("r-5f1c")).to_be_visible()


class TestTheFlow:
    def test_shows_what_is_halted_and_dead(self, open_page: Callable[..., Page]) -> None:
        page = open_page("/flow")
        expect(page.locator("svg .halted text")).to_have_text("user halted")
        expect(page.locator("svg text.bad")).to_have_text("3 dead")
