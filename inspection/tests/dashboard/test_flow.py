"""The graph of the event flow, from stand-ins for the processes' metrics."""

import dataclasses
import http.server
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from inspection.dashboard.flow import EventFlow
from inspection.dashboard.metrics import Sample, parse, scrape
from local_stack.stack import Stack
from local_stack.systems.blog import BLOG

TEXT = """\
# HELP events_stream_position position
# TYPE events_stream_position gauge
events_stream_position{stream="ticket"} 42
events_stream_position{stream="user",other="a\\"b,}"} 1e3 1700000000
events_stream_halted{stream="user"} 1
process_up NaN
broken{ 1
broken x
"""


class TestPrometheusText:
    def test_is_read_but_for_what_is_broken(self) -> None:
        position, other, halted, up = parse(TEXT)
        assert position == Sample("events_stream_position", 42, {"stream": "ticket"})
        assert (other.value, other.labels["stream"]) == (1000, "user")
        assert (halted.value, up.name) == (1, "process_up")


@pytest.fixture
def metrics_port() -> Iterator[int]:
    """The port of a process that serves `TEXT`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/metrics" else 404)
            self.end_headers()
            self.wfile.write(TEXT.encode())

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server.server_port
        server.shutdown()


class TestAScrape:
    def test_leaves_out_who_does_not_answer(self, metrics_port: int) -> None:
        assert [*scrape({"orders.relay": metrics_port, "orders.web": 1})] == ["orders.relay"]

    def test_is_what_the_flow_shows(self, stack: Stack, metrics_port: int) -> None:
        ports = {**stack.ports, "orders.relay.metrics": metrics_port, "orders.web.metrics": 1}
        flow = EventFlow(dataclasses.replace(stack, ports=ports)).read()
        assert edge(flow, "ticket", "orders")["lag"] is None
        assert edge(flow, "user", "orders")["halted"]


def edge(flow: dict[str, Any], stream: str, subscriber: str) -> dict[str, Any]:
    return next(one for one in flow["edges"] if (one["stream"], one["subscriber"]) == (stream, subscriber))


class StandIn:
    """Counts that a test sets, and a clock that it moves."""

    def __init__(self) -> None:
        self.now, self.samples = 100.0, dict[str, list[Sample]]()

    def scrape(self, ports: Mapping[str, int]) -> dict[str, list[Sample]]:
        return self.samples

    def applied(self, count: float, *, after: float) -> None:
        self.now += after
        self.samples = {
            "orders.events.metrics": [Sample("events_applied_total", count, {"stream": "user"})] * 2
        }


class TestTheFlow:
    def test_has_every_stream_and_its_subscribers(self, stack: Stack) -> None:
        flow = EventFlow(stack, scrape=lambda ports: {}).read()
        assert [service["name"] for service in flow["services"]] == ["auth", "tickets", "orders", "payments"]
        assert len(flow["edges"]) == 7
        assert edge(flow, "ticket", "orders") == {
            "stream": "ticket", "publisher": "tickets", "subscriber": "orders",
            "rate": None, "lag": None, "halted": False,
        }  # fmt: skip
        assert not any(service["answers"] for service in flow["services"])

    def test_is_that_of_an_example_too(self, stack: Stack) -> None:
        flow = EventFlow(dataclasses.replace(stack, system_at=BLOG.location), scrape=lambda ports: {}).read()
        assert {one["publisher"] for one in flow["edges"]} == {"posts", "comments", "moderation"}

    def test_shows_by_how_much_a_subscriber_is_behind_what_its_publisher_has(self, stack: Stack) -> None:
        def samples(head: float) -> dict[str, list[Sample]]:
            applied = Sample("events_stream_position", 42, {"stream": "ticket"})
            has = Sample("events_stream_head", head, {"stream": "ticket"})
            return {"orders.relay.metrics": [applied], "tickets.relay.metrics": [has]}

        for head, lag in ((50, 8), (41, 0)):
            flow = EventFlow(stack, scrape=lambda ports, head=head: samples(head)).read()  # type: ignore[misc]
            assert edge(flow, "ticket", "orders")["lag"] == lag

    def test_counts_rates_between_two_looks(self, stack: Stack) -> None:
        stand_in = StandIn()
        flow = EventFlow(stack, scrape=stand_in.scrape, clock=lambda: stand_in.now)
        rates = []
        # Two processes; a restart, which begins at zero; and a look after nobody looked for long.
        for count, after in ((10, 0.0), (30, 4.0), (5, 4.0), (6, 2.0), (900, 500.0), (900, 1.0)):
            stand_in.applied(count, after=after)
            rates.append(edge(flow.read(), "user", "orders")["rate"])
        assert rates == [None, 10.0, None, 1.0, None, 0.0]
