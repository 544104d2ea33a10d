"""Scenarios of selling: a seller's listings, and the forms."""

from frontend_service.tests.fake_answers import Problem, new_id
from tests.browser.page_parts import add_listings, add_ticket
from tests.browser.scenario import Scenario, add_scenario, sign_in


@add_scenario
def _sell(scenario: Scenario) -> None:
    tickets = add_listings(scenario, seller=sign_in(scenario))
    scenario.market.add_order(buyer=scenario.market.add_user("bo@example.com"), ticket=tickets[0])
    for ticket in tickets[1:3]:
        ticket.update(orderId=new_id(), sold=True)
    scenario.address = "/sell"


@add_scenario
def _sell_sold(scenario: Scenario) -> None:
    _sell(scenario)
    scenario.address = "/sell?show=sold"


@add_scenario
def _sell_none_held(scenario: Scenario) -> None:
    add_listings(scenario, seller=sign_in(scenario))
    scenario.address = "/sell?show=held"


@add_scenario
def _sell_empty(scenario: Scenario) -> None:
    sign_in(scenario)
    scenario.address = "/sell"


@add_scenario
def _sell_without_totals(scenario: Scenario) -> None:
    _sell(scenario)
    scenario.market.problems = {"GET /api/tickets/summary": Problem(503, "unavailable", "Not now")}


@add_scenario
def _new(scenario: Scenario) -> None:
    sign_in(scenario)
    scenario.address = "/tickets/new"


@add_scenario
def _new_refused(scenario: Scenario) -> None:
    sign_in(scenario)
    scenario.address, scenario.status = "/tickets/new", 400
    scenario.fill, scenario.press = (
        {"Title": "Mahler 2", "Price": "0", "Venue": "Philharmonie"},
        "List ticket",
    )


@add_scenario
def _edit(scenario: Scenario) -> None:
    ticket = add_ticket(scenario, userId=sign_in(scenario))
    scenario.address = f"/tickets/{ticket['id']}/edit"
