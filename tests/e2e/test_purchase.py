"""Every way a hold can end, through the gateway, on real parts."""

import pytest

from local_stack import scenes
from local_stack.marketplace import Refusal
from local_stack.scenes import Stage, disagreements
from local_stack.testing import RunningStack


class TestAHold:
    def test_that_is_paid_is_captured_and_sold(self, stage: Stage) -> None:
        scenes.buy(stage)
        assert disagreements(stage) == []

    def test_outlives_a_declined_card(self, stage: Stage) -> None:
        scenes.decline(stage)
        assert disagreements(stage) == []

    def test_that_is_cancelled_frees_the_ticket(self, stage: Stage) -> None:
        scenes.cancel(stage)
        assert disagreements(stage) == []

    def test_that_nobody_pays_lapses_and_frees_the_ticket(self, stage: Stage, stack: RunningStack) -> None:
        with stack.overriding("orders.web", {"ORDERS_HOLD_SECONDS": "3"}):
            lapse = scenes.begin_lapse(stage)
        scenes.finish_lapse(stage, lapse, hold_seconds=3)
        assert disagreements(stage) == []

    def test_keeps_the_ticket_from_being_edited(self, stage: Stage) -> None:
        ticket = stage.ticket("Held")
        stage.hold(ticket)
        with pytest.raises(Refusal, match="Cannot edit a reserved ticket"):
            stage.seller._call("PATCH", f"/api/tickets/{ticket['id']}", {"price": "1.00"})

    def test_that_lapsed_can_be_bought_by_the_next(self, stage: Stage) -> None:
        ticket = stage.ticket("Second chance")
        stage.buyer.cancel(stage.hold(ticket))
        stage.ticket_is_free(ticket)
        order = stage.hold(ticket)
        stage.buyer.pay(order, scenes.GOOD_CARD)
        stage.order_is(order, "complete")

    def test_of_ones_own_ticket_is_refused(self, stage: Stage) -> None:
        ticket = stage.ticket("Mine")
        with pytest.raises(Refusal, match="own ticket"):
            stage.seller.hold(ticket)

    def test_cannot_be_paid_by_a_stranger(self, stage: Stage) -> None:
        order = stage.hold(stage.ticket("Not yours"))
        with pytest.raises(Refusal) as refused:
            stage.seller.pay(order, scenes.GOOD_CARD)
        assert refused.value.status == 403
