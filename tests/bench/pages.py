"""`bench pages`: every page in Chromium, on a phone and on a desktop, with many listings.

For each page: when its largest part is painted (LCP), how much of it moves afterwards (CLS), and how often
the storefront called the APIs for it.
"""

import argparse
import json
import statistics
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import psutil
import psycopg

from local_stack.console import out
from local_stack.stack import REPOSITORY
from tests.load.client import Json, Marketplace, Person
from tests.running_stack import RunningStack, running_stack, wait_for
from tests.suites.chromium import running_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

#: What is promised: seconds, the shift's own unit, and calls.
SLOWEST_LCP, MOST_CLS, MOST_CALLS = 1.0, 0.02, 3
#: The pages whose LCP is promised.
_PROMISED = ("browse", "ticket")
_WIDTHS = {"phone": (360, 740), "desktop": (1280, 800)}
_SERVICES = ("auth", "tickets", "orders", "payments")
#: How long a page is watched for parts that move, in milliseconds.
_WATCHED = 1500
_PASSWORD = uuid.uuid4().hex

_COUNT_VITALS = """
window.vitals = { lcp: 0, cls: 0 };
new PerformanceObserver((list) => { for (const entry of list.getEntries()) vitals.lcp = entry.startTime; })
  .observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) vitals.cls += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


@dataclass
class Figures:
    """What was measured of one page: one entry for each time it was loaded."""

    lcp: list[float] = field(default_factory=list)
    cls: list[float] = field(default_factory=list)
    request_ids: list[str] = field(default_factory=list)

    @property
    def usual_lcp(self) -> float:
        """Return the LCP that three loads in four keep, in seconds."""
        return statistics.quantiles(self.lcp, n=4, method="inclusive")[2]


def bench(options: argparse.Namespace) -> int:
    """Run `bench pages` with these options of its command line and return the exit code."""
    return bench_pages(broker=options.broker, tickets=options.tickets, loads=options.loads)


def bench_pages(*, broker: str, tickets: int, loads: int) -> int:
    """Measure, print, and return 0 when every page keeps what is promised."""
    with (
        running_stack(broker=broker, overrides={"DJANGO_LOG_FORMAT": "json"}) as stack,
        running_chromium() as chromium,
    ):
        out.print(f"{tickets} tickets on sale; each page loaded {loads} times, with nothing cached")
        addresses, session = _set_the_stage(stack, tickets)
        figures: dict[tuple[str, str], Figures] = {}
        for screen in _WIDTHS:
            for name, address in addresses.items():
                figures[name, screen] = _measure(chromium, stack.url, address, screen, session, loads)
        calls = _calls(stack)
        kept = [_report(name, screen, found, calls) for (name, screen), found in figures.items()]
    out.print(f"load of this machine meanwhile: {psutil.getloadavg()[1]:.1f} on {psutil.cpu_count()} cores")
    mark = "✓ kept" if all(kept) else "✗ not kept"
    out.print(
        f"{mark}: LCP of {' and '.join(_PROMISED)} pages under {SLOWEST_LCP:.0f} s in three loads of four, "
        f"CLS under {MOST_CLS}, {MOST_CALLS} calls at most"
    )
    return 0 if all(kept) else 1


def _set_the_stage(stack: RunningStack, tickets: int) -> tuple[dict[str, str], list[Any]]:
    """Make the listings; return each page's address, and the cookies of a visitor who may see them all."""
    command = (sys.executable, "-m", "tests.bench.list_tickets", "--count", str(tickets))
    subprocess.run(command, env=stack.environment("tickets"), cwd=REPOSITORY, check=True)
    wait_for(lambda: _copies(stack) >= tickets, within=300, what="every ticket known to orders")
    with closing(Marketplace(stack.url)) as market:
        email = "bench@example.com"
        visitor = Person(market, email, _PASSWORD)
        visitor.sign_up()
        other = Person(market, "other@example.com", _PASSWORD)
        other.sign_up()
        free, held, paid, lapsed = (other.list_ticket(title=f"Bench {n}", price="48.00") for n in range(4))
        own = visitor.list_ticket(title="Bench own", price="48.00")
        hold, bought, gone = (visitor.hold(ticket) for ticket in (held, paid, lapsed))
        visitor.pay(bought, "tok_visa")
        visitor.cancel(gone)
        wait_for(lambda: [one["status"] for one in visitor.payments(bought)] == ["captured"], within=60)
    return _addresses(free, own, hold, bought, gone), _cookies(stack.url, email)


def _addresses(free: Json, own: Json, hold: Json, bought: Json, gone: Json) -> dict[str, str]:
    return {
        "browse": "/",
        "browse, searched": "/?q=bench+77&sort=cheapest",
        "ticket": f"/tickets/{free['id']}",
        "ticket, held by oneself": f"/tickets/{hold['ticket']['id']}",
        "ticket, one's own": f"/tickets/{own['id']}",
        "new ticket": "/tickets/new",
        "edit": f"/tickets/{own['id']}/edit",
        "sell": "/sell",
        "orders": "/orders",
        "order, held": f"/orders/{hold['id']}",
        "order, paid": f"/orders/{bought['id']}",
        "order, ended": f"/orders/{gone['id']}",
        "receipt": f"/orders/{bought['id']}/receipt",
        "sign in": "/auth/signin",
        "sign up": "/auth/signup",
        "not found": "/nowhere",
    }


def _copies(stack: RunningStack) -> int:
    with psycopg.connect(stack.database_url("orders")) as connection:
        row = connection.execute("SELECT count(*) FROM orders_ticketreplica").fetchone()
    return row[0] if row else 0


def _cookies(url: str, email: str) -> list[Any]:
    with httpx.Client(base_url=url, headers={"Origin": url}, timeout=30) as client:
        client.post("/api/users/signin", json={"email": email, "password": _PASSWORD}).raise_for_status()
        return [{"name": name, "value": value, "url": url} for name, value in client.cookies.items()]


def _measure(
    chromium: "Browser", url: str, address: str, screen: str, session: list[Any], loads: int
) -> Figures:
    figures = Figures()
    for _ in range(loads):
        with _window(chromium, url, screen, session) as page:
            page.goto(address, wait_until="load")
            page.wait_for_timeout(_WATCHED)
            found = page.evaluate("() => vitals")
            # Once more by itself, under an id by which its calls are found in the services' logs.
            request_id = uuid.uuid4().hex
            page.request.get(address, headers={"X-Request-Id": request_id})
        figures.lcp.append(found["lcp"] / 1000)
        figures.cls.append(found["cls"])
        figures.request_ids.append(request_id)
    return figures


@contextmanager
def _window(chromium: "Browser", url: str, screen: str, session: list[Any]) -> Iterator["Page"]:
    width, height = _WIDTHS[screen]
    context = chromium.new_context(base_url=url, viewport={"width": width, "height": height})
    context.add_init_script(_COUNT_VITALS)
    context.add_cookies(session)
    try:
        yield context.new_page()
    finally:
        context.close()


def _calls(stack: RunningStack) -> Counter[str]:
    """Return how many answers the services gave for each request id."""
    counted: Counter[str] = Counter()
    for service in _SERVICES:
        for line in stack.stack.log_of(f"{service}.web").read_text().splitlines():
            fact = json.loads(line) if line.startswith("{") else {}
            if fact.get("logger") == "service_defaults.access":
                counted[fact["request_id"]] += 1
    return counted


def _report(name: str, screen: str, figures: Figures, calls: Counter[str]) -> bool:
    most_calls = max(calls[request_id] for request_id in figures.request_ids)
    in_time = not name.startswith(_PROMISED) or figures.usual_lcp < SLOWEST_LCP
    kept = in_time and max(figures.cls) < MOST_CLS and most_calls <= MOST_CALLS
    out.print(
        f"{'✓' if kept else '✗'} {name:<24} {screen:<6} LCP {figures.usual_lcp:5.2f} s, slowest "
        f"{max(figures.lcp):5.2f} s, CLS {max(figures.cls):.3f}, {most_calls} calls"
    )
    return kept
