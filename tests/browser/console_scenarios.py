"""Scenarios of the operators' console."""

from datetime import UTC, datetime, timedelta

from frontend_service.tests.fake_answers import Problem, timestamp
from tests.browser.console_parts import (
    HALT_REASON,
    REASON,
    TITLE,
    add_dead_letters,
    add_numbers,
    add_purchase,
    staff,
)
from tests.browser.scenario import Scenario, add_scenario, sign_in


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
