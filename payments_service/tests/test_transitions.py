from datetime import UTC, datetime, timedelta

import pytest

from payments_service.payments.models import (
    LONGEST_WAIT,
    SHORTEST_WAIT,
    Intent,
    IntentState,
    OrderReplica,
    Payment,
    ProviderCall,
    Status,
)
from shared_events.ids import uuid7

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def make(status: str, order_status: str = "created") -> tuple[Payment, OrderReplica]:
    payment = Payment(status=status, created_at=NOW, last_progress_at=NOW)
    paid_with = payment.id if order_status == "complete" else None
    return payment, OrderReplica(id=uuid7(), status=order_status, payment_id=paid_with)


def intent(state: IntentState) -> Intent:
    return Intent(id="pi_1", provider="Stripe", state=state, client_secret="")


class TestNextStep:
    @pytest.mark.parametrize(
        ("order_status", "state", "step"),
        [
            ("created", IntentState.UNCONFIRMED, ProviderCall.CONFIRM),
            ("created", IntentState.CHALLENGED, None),
            ("created", IntentState.AUTHORIZED, None),
            ("complete", IntentState.AUTHORIZED, ProviderCall.CAPTURE),
            ("complete", IntentState.CAPTURED, None),
            ("cancelled", IntentState.UNPAID, ProviderCall.CANCEL),
            ("cancelled", IntentState.UNCONFIRMED, ProviderCall.CANCEL),
            ("cancelled", IntentState.CHALLENGED, ProviderCall.CANCEL),
            ("cancelled", IntentState.PROCESSING, None),
            ("cancelled", IntentState.AUTHORIZED, ProviderCall.CANCEL),
            ("cancelled", IntentState.CAPTURED, ProviderCall.REFUND),
            ("cancelled", IntentState.REFUNDED, None),
            ("cancelled", IntentState.CANCELED, None),
        ],
    )
    def test_goes_towards_what_the_order_wants(
        self, order_status: str, state: IntentState, step: ProviderCall | None
    ) -> None:
        payment, order = make("authorized", order_status)
        assert payment.next_call(order, intent(state)) is step

    @pytest.mark.parametrize("status", ["declined", "capture_failed"])
    def test_keeps_nothing_of_what_has_failed(self, status: str) -> None:
        payment, order = make(status, "complete")
        assert payment.next_call(order, intent(IntentState.AUTHORIZED)) is ProviderCall.CANCEL


class TestStatusAfter:
    @pytest.mark.parametrize("state", IntentState)
    @pytest.mark.parametrize("status", ["declined", "voided", "refunded", "capture_failed"])
    def test_never_leaves_an_end(self, status: str, state: IntentState) -> None:
        payment, order = make(status, "complete")
        assert payment.status_after(order, intent(state)) is None

    @pytest.mark.parametrize("state", [state for state in IntentState if state is not IntentState.REFUNDED])
    def test_only_ever_gives_captured_money_back(self, state: IntentState) -> None:
        payment, order = make("captured", "complete")
        assert payment.status_after(order, intent(state)) is None

    @pytest.mark.parametrize("state", [IntentState.UNPAID, IntentState.UNCONFIRMED, IntentState.CHALLENGED])
    def test_ignores_a_state_that_comes_late(self, state: IntentState) -> None:
        payment, order = make("authorized")
        assert payment.status_after(order, intent(state)) is None

    @pytest.mark.parametrize(
        ("order_status", "status"),
        [("created", "capture_failed"), ("complete", "capture_failed"), ("cancelled", "voided")],
    )
    def test_distinguishes_a_lost_authorisation_from_a_released_one(
        self, order_status: str, status: str
    ) -> None:
        payment, order = make("authorized", order_status)
        assert payment.status_after(order, intent(IntentState.CANCELED)) == status

    def test_takes_a_refused_step_for_an_end_only_where_it_left_the_intent(self) -> None:
        payment, order = make("authorized", "complete")
        assert (
            payment.status_after(order, intent(IntentState.AUTHORIZED), ProviderCall.CAPTURE)
            == Status.CAPTURE_FAILED
        )
        assert (
            payment.status_after(order, intent(IntentState.CAPTURED), ProviderCall.CAPTURE) == Status.CAPTURED
        )


class TestWait:
    @pytest.mark.parametrize(
        ("age", "wait"),
        [
            (timedelta(seconds=1), SHORTEST_WAIT),
            (timedelta(minutes=2), timedelta(seconds=30)),
            (timedelta(days=1), LONGEST_WAIT),
        ],
    )
    def test_grows_the_longer_nothing_moves(self, age: timedelta, wait: timedelta) -> None:
        payment, _ = make("authorized")
        assert payment.wait(NOW + age) == NOW + age + wait
