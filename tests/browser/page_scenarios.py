"""Scenarios: every page in every state, each with a fake marketplace in that state."""

from datetime import UTC, datetime, timedelta

from frontend_service.tests.fake_answers import Problem, new_id, timestamp
from frontend_service.tests.fake_marketplace import Marketplace
from tests.browser import account_scenarios, console_scenarios, selling_scenarios  # noqa: F401  they add theirs
from tests.browser.page_parts import Json, add_listings, add_order, add_ticket
from tests.browser.scenario import SCENARIOS, Scenario, add_scenario, sign_in


def build(name: str, origin: str) -> Scenario:
    """Build the scenario of this name."""
    built = Scenario(market=Marketplace(origin=origin))
    SCENARIOS[name](built)
    return built


def names() -> list[str]:
    """Return the name of every scenario."""
    return list(SCENARIOS)


@add_scenario
def _browse(scenario: Scenario) -> None:
    add_listings(scenario)


@add_scenario
def _browse_signed_in(scenario: Scenario) -> None:
    add_listings(scenario)
    sign_in(scenario)


@add_scenario
def _browse_staff(scenario: Scenario) -> None:
    add_listings(scenario)
    sign_in(scenario, isStaff=True)


@add_scenario
def _browse_found(scenario: Scenario) -> None:
    add_listings(scenario)
    scenario.address = "/?q=berlin&maxPrice=50&sort=cheapest"


@add_scenario
def _browse_pages(scenario: Scenario) -> None:
    scenario.market.page_length = 3
    tickets = add_listings(scenario)
    scenario.address = f"/?cursor={tickets[-1]['id']}"


@add_scenario
def _browse_nothing_found(scenario: Scenario) -> None:
    add_listings(scenario)
    scenario.address = "/?q=zzz"


@add_scenario
def _browse_invalid_filter(scenario: Scenario) -> None:
    add_listings(scenario)
    scenario.address, scenario.status = "/?minPrice=-1", 400


@add_scenario
def _browse_empty(scenario: Scenario) -> None:
    """No tickets are on sale."""


@add_scenario
def _browse_listings_down(scenario: Scenario) -> None:
    scenario.market.down, scenario.status = {"tickets"}, 503


@add_scenario
def _browse_accounts_down(scenario: Scenario) -> None:
    add_listings(scenario)
    sign_in(scenario)
    scenario.market.down = {"users"}


@add_scenario
def _browse_seller(scenario: Scenario) -> None:
    scenario.address = f"/?seller={add_listings(scenario)[0]['userId']}"


@add_scenario
def _ticket_signed_out(scenario: Scenario) -> None:
    add_ticket(scenario)


@add_scenario
def _ticket_available(scenario: Scenario) -> None:
    add_ticket(scenario)
    sign_in(scenario)


@add_scenario
def _ticket_bare(scenario: Scenario) -> None:
    add_ticket(scenario, venue="", description="", startsAt=None, title="x" * 200, price="99999999.99")


@add_scenario
def _ticket_held(scenario: Scenario) -> None:
    scenario.market.add_order(buyer=scenario.market.add_user("bo@example.com"), ticket=add_ticket(scenario))


@add_scenario
def _ticket_sold(scenario: Scenario) -> None:
    add_ticket(scenario, orderId=new_id(), sold=True)


@add_scenario
def _ticket_i_hold(scenario: Scenario) -> None:
    order = add_order(scenario)
    scenario.address = f"/tickets/{order['ticket']['id']}"


@add_scenario
def _ticket_own(scenario: Scenario) -> None:
    add_ticket(scenario, userId=sign_in(scenario))


@add_scenario
def _ticket_own_held(scenario: Scenario) -> None:
    scenario.market.add_order(
        buyer=scenario.market.add_user("bo@example.com"),
        ticket=add_ticket(scenario, userId=sign_in(scenario)),
    )


@add_scenario
def _ticket_own_sold(scenario: Scenario) -> None:
    add_ticket(scenario, userId=sign_in(scenario), orderId=new_id(), sold=True)


@add_scenario
def _hold(scenario: Scenario) -> None:
    add_order(scenario)


@add_scenario
def _hold_declined(scenario: Scenario) -> None:
    add_order(scenario, "declined")


@add_scenario
def _hold_declined_just_now(scenario: Scenario) -> None:
    add_order(scenario)
    scenario.fill, scenario.press, scenario.status = {"Payment is declined": ""}, "Pay $88.50", 402


@add_scenario
def _hold_payments_down(scenario: Scenario) -> None:
    add_order(scenario)
    scenario.market.down = {"payments"}


@add_scenario
def _hold_confirm_with_bank(scenario: Scenario) -> None:
    order = add_order(scenario, "requires_action", status="awaiting:payment")
    next(iter(scenario.market.payments.values()))["nextActionUrl"] = f"https://bank.example/{order['id']}"


@add_scenario
def _hold_ending(scenario: Scenario) -> None:
    add_order(scenario, expiresAt=timestamp(datetime.now(UTC) - timedelta(seconds=1)))


@add_scenario
def _order_being_paid(scenario: Scenario) -> None:
    add_order(scenario, "authorized", status="awaiting:payment")


@add_scenario
def _order_paid(scenario: Scenario) -> None:
    order = add_order(scenario, "captured", status="complete")
    steps = ("awaiting_payment", "completed")
    order["history"] += [{"type": f"order.{step}", "at": timestamp(datetime.now(UTC))} for step in steps]
    scenario.market.tickets[order["ticket"]["id"]]["sold"] = True


@add_scenario
def _order_receipt(scenario: Scenario) -> None:
    scenario.address = f"/orders/{add_order(scenario, 'captured', status='complete')['id']}/receipt"


@add_scenario
def _order_being_cancelled(scenario: Scenario) -> None:
    add_order(scenario, "refunded", status="complete")


@add_scenario
def _order_expired(scenario: Scenario) -> None:
    scenario.market.end_order(add_order(scenario), "expired")


@add_scenario
def _order_paid_too_late(scenario: Scenario) -> None:
    scenario.market.end_order(add_order(scenario, "voided", reason_code="authorized_too_late"), "expired")


@add_scenario
def _order_released(scenario: Scenario) -> None:
    scenario.market.end_order(add_order(scenario), "buyer")


@add_scenario
def _order_ticket_unavailable(scenario: Scenario) -> None:
    order = add_order(scenario)
    scenario.market.end_order(order, "expired")
    ticket = scenario.market.tickets[order["ticket"]["id"]]
    scenario.market.add_order(buyer=scenario.market.add_user("bo@example.com"), ticket=ticket)


@add_scenario
def _order_withdrawn(scenario: Scenario) -> None:
    order = add_order(scenario)
    scenario.market.end_order(order, "withdrawn")
    del scenario.market.tickets[order["ticket"]["id"]]


@add_scenario
def _orders(scenario: Scenario) -> None:
    tickets = add_listings(scenario)
    buyer = sign_in(scenario)
    past = timestamp(datetime.now(UTC) - timedelta(seconds=1))
    more: list[Json] = [{}, {"status": "complete"}, {"expiresAt": past}, {"status": "awaiting:payment"}]
    for ticket, details in zip(tickets, more, strict=False):
        scenario.market.add_order(buyer=buyer, ticket=ticket, **details)
    for ticket, why in zip(tickets[4:], ("expired", "buyer", "refunded"), strict=False):
        scenario.market.end_order(scenario.market.add_order(buyer=buyer, ticket=ticket), why)
    scenario.address = "/orders"


@add_scenario
def _orders_none(scenario: Scenario) -> None:
    sign_in(scenario)
    scenario.address = "/orders"


@add_scenario
def _problem_403(scenario: Scenario) -> None:
    sign_in(scenario)
    order = scenario.market.add_order(buyer=scenario.market.add_user("bo@example.com"))
    scenario.address, scenario.status = f"/orders/{order['id']}", 403


@add_scenario
def _problem_404(scenario: Scenario) -> None:
    scenario.address, scenario.status = "/nowhere", 404


@add_scenario
def _problem_409(scenario: Scenario) -> None:
    ticket = add_ticket(scenario, userId=sign_in(scenario))
    scenario.market.problems = {
        f"GET /api/tickets/{ticket['id']}": Problem(409, "in-flight", "Still being worked on.")
    }
    scenario.status = 409


@add_scenario
def _problem_429(scenario: Scenario) -> None:
    ticket = add_ticket(scenario)
    busy = Problem(429, "too-many", "Slow down", retry_after=7)
    scenario.market.problems = {f"GET /api/tickets/{ticket['id']}": busy}
    scenario.status = 429


@add_scenario
def _problem_503(scenario: Scenario) -> None:
    add_ticket(scenario)
    scenario.market.down, scenario.status = {"tickets"}, 503
