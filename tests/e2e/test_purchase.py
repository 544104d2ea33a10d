"""Every way a hold can end, through the gateway, on real parts."""

import pytest

from tests.load import scenarios
from tests.load.client import Refusal
from tests.load.scenarios import Scenario, disagreements
from tests.running_stack import RunningStack


class TestAHold:
    def test_that_is_paid_is_captured_and_sold(self, scenario: Scenario) -> None:
        scenarios.buy(scenario)
        assert disagreements(scenario) == []

    def test_outlives_a_declined_card(self, scenario: Scenario) -> None:
        scenarios.decline(scenario)
        assert disagreements(scenario) == []

    def test_that_is_cancelled_frees_the_ticket(self, scenario: Scenario) -> None:
        scenarios.cancel(scenario)
        assert disagreements(scenario) == []

    def test_that_is_not_paid_expires_and_frees_the_ticket(
        self, scenario: Scenario, stack: RunningStack
    ) -> None:
        with stack.overriding("orders.web", {"ORDERS_HOLD_SECONDS": "3"}):
            lapse = scenarios.begin_lapse(scenario)
        scenarios.finish_lapse(scenario, lapse, hold_seconds=3)
        assert disagreements(scenario) == []

    def test_keeps_the_ticket_from_being_edited(self, scenario: Scenario) -> None:
        ticket = scenario.ticket("Held")
        scenario.hold(ticket)
        with pytest.raises(Refusal, match="Cannot edit a reserved ticket"):
            scenario.seller._call("PATCH", f"/api/tickets/{ticket['id']}", {"price": "1.00"})

    def test_that_lapsed_can_be_bought_by_the_next(self, scenario: Scenario) -> None:
        ticket = scenario.ticket("Second chance")
        scenario.buyer.cancel(scenario.hold(ticket))
        scenario.ticket_is_free(ticket)
        order = scenario.hold(ticket)
        scenario.buyer.pay(order, scenarios.GOOD_CARD)
        scenario.order_is(order, "complete")

    def test_of_ones_own_ticket_is_refused(self, scenario: Scenario) -> None:
        ticket = scenario.ticket("Mine")
        with pytest.raises(Refusal, match="own ticket"):
            scenario.seller.hold(ticket)

    def test_cannot_be_paid_by_a_stranger(self, scenario: Scenario) -> None:
        order = scenario.hold(scenario.ticket("Not yours"))
        with pytest.raises(Refusal) as refused:
            scenario.seller.pay(order, scenarios.GOOD_CARD)
        assert refused.value.status == 403
