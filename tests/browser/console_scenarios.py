"""Scenarios of the operators' console."""

from datetime import UTC, datetime, timedelta
from typing import Any

from frontend_service.tests.fake_answers import Problem, timestamp
from tests.browser.page_parts import Json
from tests.browser.scenario import Scenario, add_scenario, sign_in

ERROR = "IntegrityError: duplicate key value violates unique constraint"
HALT_REASON = "the publisher’s event 41 isn’t the one that was applied here"
TITLE = "Swan Lake, stalls row 7"
REASON = "The event was called off"


def staff(scenario: Scenario, address: str = "/console/") -> None:
    """Make the visitor staff, and open this page."""
    sign_in(scenario, isStaff=True)
    scenario.address = address


def add_purchase(scenario: Scenario, *, status: str = "captured") -> Json:
    """A seller's ticket that was held and paid: rows and events of all services; returns the order."""
    market = scenario.market
    seller, buyer = market.add_user("bo@example.com"), market.add_user("cy@example.com")
    ticket = market.add_ticket(seller=seller, title=TITLE, price="88.50")
    order = market.add_order(buyer=buyer, ticket=ticket, status="complete")
    money = {"amount": "88.50", "currency": "USD"}
    payment = market.add_payment(order, status, **money, cardLast4="4242", intentId="pi_3RxTq2LkdIwHu7ix0")
    held = {name: ticket[name] for name in ("id", "title", "price", "currency", "version")}
    state = {"user_id": buyer, "ticket": held, "expires_at": order["expiresAt"]}
    paid = {"order_id": order["id"], "user_id": buyer, "in_browser": False, **money}
    listing = {"title": TITLE, "price": "88.50", "currency": "USD", "user_id": seller}
    order_id, payment_id, ticket_id = order["id"], payment["id"], ticket["id"]

    market.record("user.signed_up", seller, {"status": "active"}, minutes_ago=90_000)
    market.record("user.signed_up", buyer, {"status": "active"}, minutes_ago=900)
    market.record("ticket.created", ticket_id, listing | {"status": "available"}, minutes_ago=600)
    hold = market.record("order.created", order_id, state | {"status": "created"}, minutes_ago=30)
    reserved = listing | {"status": "reserved", "order_id": order_id}
    market.record("ticket.reserved", ticket_id, reserved, minutes_ago=29.9, cause=hold)
    started = market.record("payment.started", payment_id, paid | {"status": "started"}, minutes_ago=26)
    market.record(
        "order.awaiting_payment", order_id,
        state | {"status": "awaiting:payment", "current_payment_id": payment_id},
        minutes_ago=25.9, cause=started,
    )  # fmt: skip
    approved = market.record(
        "payment.authorized", payment_id, paid | {"status": "authorized"}, minutes_ago=25.8, cause=started
    )
    complete = state | {"status": "complete", "payment_id": payment_id}
    done = market.record("order.completed", order_id, complete, minutes_ago=25.7, cause=approved)
    captured = paid | {"status": "captured"}
    sold = listing | {"status": "sold", "order_id": order_id}
    market.record("ticket.sold", ticket_id, sold, minutes_ago=25.6, cause=done)
    market.record("payment.captured", payment_id, captured, minutes_ago=25.5, cause=done)
    return order


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


@add_scenario
def _console_today(scenario: Scenario) -> None:
    staff(scenario)
    add_numbers(scenario)
    add_dead_letters(scenario)
    scenario.market.halted["orders", "ticket"] = HALT_REASON


@add_scenario
def _console_today_calm(scenario: Scenario) -> None:
    staff(scenario)
    add_numbers(scenario)
    scenario.market.numbers["payments"][-1]["value"] = 0


@add_scenario
def _console_today_payments_down(scenario: Scenario) -> None:
    _console_today_calm(scenario)
    scenario.market.down = {"payments"}


@add_scenario
def _console_today_accounts_down(scenario: Scenario) -> None:
    """The token says who is staff."""
    _console_today_calm(scenario)
    scenario.market.down = {"users"}


@add_scenario
def _console_not_staff(scenario: Scenario) -> None:
    sign_in(scenario)
    scenario.address, scenario.status = "/console/", 403


@add_scenario
def _console_events(scenario: Scenario) -> None:
    staff(scenario, "/console/events")
    add_dead_letters(scenario)
    market = scenario.market
    market.halted["orders", "ticket"] = HALT_REASON
    market.statuses["payments"] = {
        "lease": {"holder": None, "isHeld": False, "freeSeconds": 340.0},
        "published": [
            {"stream": "payment", "head": 4711, "unpublishedEvents": 12, "oldestUnpublishedSeconds": 335.0}
        ],
        "unsentCommands": 5,
        "oldestUnsentCommandSeconds": 71.0,
    }
    skipped = {"stream": "order", "firstPosition": 12, "lastPosition": 14, "description": "order 12 to 14"}
    market.statuses["tickets"] = {"skipped": [skipped]}


@add_scenario
def _console_events_calm(scenario: Scenario) -> None:
    staff(scenario, "/console/events")


@add_scenario
def _console_events_filtered(scenario: Scenario) -> None:
    _console_events(scenario)
    scenario.address = "/console/events?service=orders&error=nothing"


@add_scenario
def _console_events_tickets_down(scenario: Scenario) -> None:
    _console_events(scenario)
    scenario.market.down = {"tickets"}


@add_scenario
def _console_parked(scenario: Scenario) -> None:
    staff(scenario)
    dead = add_dead_letters(scenario)
    scenario.address = f"/console/events/orders/{dead['id']}"


@add_scenario
def _console_parked_waiting(scenario: Scenario) -> None:
    _console_parked(scenario)
    scenario.address = f"/console/events/orders/{scenario.market.parked['orders'][1]['id']}"


@add_scenario
def _console_redrive(scenario: Scenario) -> None:
    _console_parked(scenario)
    scenario.address += "/redrive"


@add_scenario
def _console_redrive_all(scenario: Scenario) -> None:
    _console_redrive(scenario)
    scenario.address += "?alike=1"


@add_scenario
def _console_redriven(scenario: Scenario) -> None:
    _console_redrive(scenario)
    scenario.fill, scenario.press = {"Reason": "The row was mended"}, "Redrive"


@add_scenario
def _console_discard(scenario: Scenario) -> None:
    _console_parked(scenario)
    scenario.address += "/discard"


@add_scenario
def _console_stream(scenario: Scenario) -> None:
    staff(scenario, "/console/events/orders/streams/ticket")
    scenario.market.halted["orders", "ticket"] = HALT_REASON


@add_scenario
def _console_stream_followed(scenario: Scenario) -> None:
    staff(scenario, "/console/events/orders/streams/ticket")


@add_scenario
def _console_stream_lost(scenario: Scenario) -> None:
    _console_stream(scenario)
    ticket = scenario.market.add_ticket()
    at = datetime.now(UTC) - timedelta(hours=1)
    scenario.market.lost = [
        {
            "position": 40 + n,
            "type": "ticket.edited",
            "aggregateId": ticket["id"],
            "occurredAt": timestamp(at),
        }
        for n in range(2)
    ]
    scenario.address += "?from=39"


@add_scenario
def _console_resume(scenario: Scenario) -> None:
    _console_stream_lost(scenario)
    scenario.address = "/console/events/orders/streams/ticket/resume?from=39"


@add_scenario
def _console_search(scenario: Scenario) -> None:
    staff(scenario, "/console/search")
    add_purchase(scenario)
    scenario.market.add_ticket(title=f"{TITLE} (second seat)")
    scenario.fill, scenario.press = {"Search accounts": "swan lake"}, "Search"


@add_scenario
def _console_search_nothing(scenario: Scenario) -> None:
    staff(scenario, "/console/search")
    scenario.fill, scenario.press = {"Search accounts": "zzz"}, "Search"


@add_scenario
def _console_story(scenario: Scenario) -> None:
    staff(scenario)
    scenario.address = f"/console/story/order/{add_purchase(scenario)['id']}"


@add_scenario
def _console_story_parked(scenario: Scenario) -> None:
    staff(scenario)
    dead = add_dead_letters(scenario)
    scenario.address = f"/console/story/payment/{dead['aggregateId']}"


@add_scenario
def _console_story_account(scenario: Scenario) -> None:
    staff(scenario)
    scenario.address = f"/console/story/account/{add_purchase(scenario)['userId']}"


@add_scenario
def _console_story_payments_down(scenario: Scenario) -> None:
    _console_story(scenario)
    scenario.market.down = {"payments"}


@add_scenario
def _console_refund(scenario: Scenario) -> None:
    _console_story(scenario)
    [payment] = scenario.market.payments.values()
    scenario.address = f"/console/payment/{payment['id']}/refund"


@add_scenario
def _console_refund_without_reason(scenario: Scenario) -> None:
    _console_refund(scenario)
    scenario.press, scenario.status = "Refund", 400
    scenario.fill = {"Reason": " "}


@add_scenario
def _console_refunded(scenario: Scenario) -> None:
    _console_refund(scenario)
    scenario.fill, scenario.press = {"Reason": REASON}, "Refund"


@add_scenario
def _console_refund_sign_in_again(scenario: Scenario) -> None:
    _console_refunded(scenario)
    scenario.market.has_recent_login = False


@add_scenario
def _console_refund_provider_down(scenario: Scenario) -> None:
    _console_refunded(scenario)
    [payment] = scenario.market.payments.values()
    down = Problem(503, "provider-unavailable", "Stripe doesn’t answer")
    scenario.market.problems = {f"POST /api/payments/staff/payments/{payment['id']}/refund": down}
    scenario.status = 503


@add_scenario
def _console_payments(scenario: Scenario) -> None:
    staff(scenario, "/console/lists/payment?status=captured")
    add_purchase(scenario)


@add_scenario
def _console_orders_none(scenario: Scenario) -> None:
    staff(scenario, "/console/lists/order")
