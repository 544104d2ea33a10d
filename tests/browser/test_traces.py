"""A purchase, from the click to the captured payment, is one trace across five services and the broker."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import PASSWORD, Account, checked_pages, heading
from tests.browser.otlp import Receiver, Span, receiving_traces
from tests.browser.test_journeys import hold, pay
from tests.load.client import Marketplace, Person
from tests.running_stack import RunningStack, running_stack, wait_for
from tests.suites.run import BROKER_VARIABLE

#: Spans of which each is below the one before, and the process that makes each.
CHAIN = (
    ("POST orders/<uuid:order_id>/pay", "frontend.web"),
    ("POST api/payments", "payments.web"),
    ("record payment.authorized", "payments.web"),
    ("handle payment.authorized", "orders.events"),
    ("record order.completed", "orders.events"),
    ("handle order.completed", "payments.events"),
    ("run payments.settle_payment", "payments.commands"),
    ("record payment.captured", "payments.commands"),
)
EMAIL = "traced-buyer@example.com"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving_traces() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def traced_stack(receiver: Receiver) -> Iterator[RunningStack]:
    variables = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
    }
    with running_stack(broker=os.environ.get(BROKER_VARIABLE, "embedded"), overrides=variables) as stack:
        yield stack


@pytest.fixture(scope="module")
def purchase(receiver: Receiver, traced_stack: RunningStack, chromium: Browser) -> Iterator[list[Span]]:
    """Return the spans of a purchase that was made in a browser."""
    market = Marketplace(traced_stack.url)
    seller = Person(market, "traced-seller@example.com", PASSWORD)
    seller.sign_up()
    ticket = seller.list_ticket(title="Seen from end to end", price="48.00")
    buyer = Person(market, EMAIL, PASSWORD)
    buyer.sign_up()
    pages = checked_pages(chromium, traced_stack.url)
    _buy(next(pages).open(by=Account(EMAIL, buyer)), ticket)
    wait_for(lambda: _is_whole(receiver), within=30, what="the whole trace")
    yield receiver.trace_with("record payment.captured")
    next(pages, None)
    market.close()


def _buy(page: Page, ticket: dict[str, object]) -> None:
    hold(page, ticket)
    pay(page)
    heading(page, "Order confirmed")


def _is_whole(receiver: Receiver) -> bool:
    spans = receiver.trace_with("record payment.captured")
    ids = {span.id for span in spans}
    return bool(spans) and all(span.parent in ids for span in spans if span.parent)


def test_has_every_step_of_the_chain_below_the_one_before(purchase: list[Span]) -> None:
    by_id = {span.id: span for span in purchase}

    def ancestors(span: Span) -> Iterator[str]:
        while span.parent:
            span = by_id[span.parent]
            yield span.id

    causes: set[str] = set()
    for name, process in CHAIN:
        found = [span for span in purchase if (span.name, span.process) == (name, process)]
        assert found, f"no {name} of {process}"
        if causes:
            assert any(causes & set(ancestors(span)) for span in found), f"{name} isn't below what caused it"
        causes = {span.id for span in found}


def test_spans_five_services_and_the_broker(purchase: list[Span]) -> None:
    services = {span.process.partition(".")[0] for span in purchase}
    assert services == {"frontend", "auth", "tickets", "orders", "payments"}
    processes = {span.process for span in purchase}
    assert {"orders.relay", "payments.relay", "tickets.events", "payments.commands"} <= processes


def test_begins_with_the_hold_and_ends_with_the_capture(purchase: list[Span]) -> None:
    assert [span.name for span in purchase if not span.parent] == ["POST tickets/<uuid:ticket_id>/hold"]
    assert {"record order.created", "Stripe payment_intents.capture"} <= {span.name for span in purchase}


def test_has_no_orphans(purchase: list[Span]) -> None:
    ids = {span.id for span in purchase}
    assert [span.name for span in purchase if span.parent and span.parent not in ids] == []


def test_no_span_has_anything_personal(receiver: Receiver, purchase: list[Span]) -> None:
    text = " ".join(str([span.name, span.attributes]) for span in receiver.spans)
    for private in (EMAIL, "traced", PASSWORD, "127.0.0.1", "Chrome", "Seen from end to end", "tok_"):
        assert private not in text


def test_probes_and_polls_make_no_traces(receiver: Receiver, purchase: list[Span]) -> None:
    roots = {span.name for span in receiver.spans if not span.parent}
    assert not {name for name in roots if "health" in name or name.startswith(("SELECT", "UPDATE", "INSERT"))}
