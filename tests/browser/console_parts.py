"""What the scenarios of the console are made of: staff, a purchase in all services' logs, figures."""

from typing import Any

from tests.browser.page_parts import Json
from tests.browser.scenario import Scenario, sign_in

ERROR = "IntegrityError: duplicate key value violates unique constraint"
HALT_REASON = "the publisher’s event 41 isn’t the one that was applied here"
TITLE = "Swan Lake, stalls row 7"
REASON = "The event was called off"


def staff(scenario: Scenario, address: str = "/console/") -> None:
    """Make the visitor staff, and open this page."""
    sign_in(scenario, isStaff=True)
    scenario.address = address


def add_purchase(scenario: Scenario) -> Json:
    """A seller's ticket that was held and paid: rows and events of all services; returns the order."""
    market = scenario.market
    seller, buyer = market.add_user("bo@example.com"), market.add_user("cy@example.com")
    ticket = market.add_ticket(seller=seller, title=TITLE, price="88.50")
    order = market.add_order(buyer=buyer, ticket=ticket, status="complete")
    payment = market.add_payment(
        order, "captured", amount="88.50", currency="USD", cardLast4="4242", intentId="pi_3RxTq2LkdIwHu7ix0"
    )
    listing = {"title": TITLE, "price": "88.50", "currency": "USD", "user_id": seller}
    market.record("user.signed_up", seller, {"status": "active"}, minutes_ago=90_000)
    market.record("user.signed_up", buyer, {"status": "active"}, minutes_ago=900)
    market.record("ticket.created", ticket["id"], listing | {"status": "available"}, minutes_ago=600)
    _record_sale(scenario, order, payment, listing)
    return order


def _record_sale(scenario: Scenario, order: Json, payment: Json, listing: Json) -> None:
    """The events from the hold to the charge, each with its cause."""
    order_id, payment_id, ticket_id = order["id"], payment["id"], order["ticket"]["id"]
    state = {"user_id": order["userId"], "ticket": order["ticket"], "expires_at": order["expiresAt"]}
    paid = {"order_id": order_id, "user_id": order["userId"], "amount": "88.50", "currency": "USD"}
    of_order = listing | {"order_id": order_id}

    def record(kind: str, about: str, data: Json, status: str, ago: float, cause: Json | None = None) -> Json:
        data = data | {"status": status}
        return scenario.market.record(kind, about, data, minutes_ago=ago, cause=cause)

    hold = record("order.created", order_id, state, "created", 30)
    record("ticket.reserved", ticket_id, of_order, "reserved", 29.9, hold)
    started = record("payment.started", payment_id, paid, "started", 26)
    waiting = state | {"current_payment_id": payment_id}
    record("order.awaiting_payment", order_id, waiting, "awaiting:payment", 25.9, started)
    approved = record("payment.authorized", payment_id, paid, "authorized", 25.8, started)
    done = record("order.completed", order_id, state | {"payment_id": payment_id}, "complete", 25.7, approved)
    record("ticket.sold", ticket_id, of_order, "sold", 25.6, done)
    record("payment.captured", payment_id, paid, "captured", 25.5, done)


def add_dead_letters(scenario: Scenario) -> Json:
    """Parked events in orders and tickets; returns a dead letter about the purchase."""
    order = add_purchase(scenario)
    market = scenario.market
    event = next(one for one in market.logs["payments"] if one["type"] == "payment.captured")
    dead = market.park("orders", event, error=ERROR, waitingBehind=2, handlers=["note_payment"])
    market.park("orders", market.logs["tickets"][1], error="", state="waiting")
    completed = [one for one in market.logs["orders"] if one["aggregateId"] == order["id"]][-1]
    market.park("tickets", completed, error="OperationalError: the lock timed out", state="parked")
    return dead


def add_numbers(scenario: Scenario) -> None:
    """Figures of a busy day."""

    def number(name: str, value: Any, link: str = "", label: str = "") -> Json:
        return {"name": name, "label": label, "value": value} | ({"link": link} if link else {})

    def sums(status: str, count: int, amount: str) -> Json:
        return number(status, count, f"status={status}", status) | {"amount": amount, "currency": "USD"}

    scenario.market.numbers = {
        "auth": [number("signUpsToday", 118), number("suspended", 3)],
        "tickets": [number("listedToday", 412), number("onSale", 9714)],
        "orders": [
            number("holdsOpen", 87, "?status=created"),
            number("holdsStartedToday", 1243),
            number("completedToday", 731, "?status=complete"),
            number("expiredToday", 396),
            number("lapsedRate", 0.3512),
        ],
        "payments": [
            sums("captured", 731, "38211.50"),
            sums("refunded", 4, "192.00"),
            number("stuck", 2, "stuck=1"),
        ],
    }
