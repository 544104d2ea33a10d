from decimal import Decimal
from uuid import UUID

import pytest
from django.utils import timezone

from contracts import payment as contracts
from contracts.order import (
    OrderAwaitingPayment,
    OrderCancelled,
    OrderCompleted,
    OrderReopened,
)
from orders_service.orders.models import Order
from orders_service.tests.factories import OrderFactory, complete_order
from shared_events.ids import uuid7
from shared_events.testing import deliver, nothing_recorded, recorded_events

_EXPLAINED = (
    contracts.PaymentDeclined,
    contracts.PaymentVoided,
    contracts.PaymentRefunded,
    contracts.PaymentCaptureFailed,
)


def _deliver(event: type[contracts.PaymentState], order: Order, payment_id: UUID, position: int = 1) -> None:
    why = {"reason_code": "requested", "reason": ""} if event in _EXPLAINED else {}
    state = event(
        order_id=order.id,
        user_id=order.user_id,
        amount=Decimal("19.99"),
        currency="USD",
        in_browser=False,
        created_at=timezone.now(),
        **why,
    )
    deliver(state, aggregate_id=payment_id, position=position)
    order.refresh_from_db()


@pytest.mark.django_db
class TestPaymentStarted:
    def test_makes_the_order_wait(self) -> None:
        order, payment = OrderFactory(), uuid7()
        _deliver(contracts.PaymentStarted, order, payment)
        assert (order.status, order.current_payment_id) == ("awaiting:payment", payment)
        [event] = recorded_events()
        assert isinstance(event, OrderAwaitingPayment)
        assert event.current_payment_id == payment

    def test_of_a_second_attempt_replaces_the_first_and_says_so(self) -> None:
        order, first, second = OrderFactory(), uuid7(), uuid7()
        _deliver(contracts.PaymentStarted, order, first, 1)
        _deliver(contracts.PaymentStarted, order, second, 2)
        assert order.current_payment_id == second
        event = recorded_events()[-1]
        assert isinstance(event, OrderAwaitingPayment)
        assert event.current_payment_id == second

    def test_for_an_order_that_has_ended_changes_nothing(self) -> None:
        order = OrderFactory(status="cancelled", cancel_reason="expired")
        with nothing_recorded():
            _deliver(contracts.PaymentStarted, order, uuid7())

    def test_redriven_late_does_not_overwrite_newer_state(self) -> None:
        order, old, new = OrderFactory(), uuid7(), uuid7()
        _deliver(contracts.PaymentStarted, order, new, 5)
        _deliver(contracts.PaymentStarted, order, old, 3)
        assert order.current_payment_id == new


@pytest.mark.django_db
class TestFailedPayment:
    @pytest.mark.parametrize("event", [contracts.PaymentDeclined, contracts.PaymentVoided])
    def test_opens_the_order_again(self, event: type[contracts.PaymentState]) -> None:
        order, payment = OrderFactory(), uuid7()
        _deliver(contracts.PaymentStarted, order, payment, 1)
        _deliver(event, order, payment, 2)
        assert (order.status, order.current_payment_id) == ("created", None)
        assert isinstance(recorded_events()[-1], OrderReopened)

    def test_of_another_attempt_changes_nothing(self) -> None:
        order, payment = OrderFactory(), uuid7()
        _deliver(contracts.PaymentStarted, order, payment, 1)
        with nothing_recorded():
            _deliver(contracts.PaymentVoided, order, uuid7(), 2)
        assert order.status == "awaiting:payment"


@pytest.mark.django_db
class TestPaymentAuthorized:
    def test_completes_a_live_order_and_names_the_payment(self) -> None:
        order, payment = OrderFactory(), uuid7()
        _deliver(contracts.PaymentStarted, order, payment, 1)
        _deliver(contracts.PaymentAuthorized, order, payment, 2)
        assert (order.status, order.payment_id) == ("complete", payment)
        event = recorded_events()[-1]
        assert isinstance(event, OrderCompleted)
        assert event.payment_id == payment

    def test_completes_an_order_past_its_deadline_while_it_is_live(self) -> None:
        from datetime import timedelta

        now = timezone.now()
        order = OrderFactory(created_at=now - timedelta(hours=1), expires_at=now - timedelta(minutes=1))
        _deliver(contracts.PaymentAuthorized, order, uuid7())
        assert order.status == "complete"

    def test_changes_nothing_when_the_order_has_expired(self) -> None:
        order = OrderFactory(status="cancelled", cancel_reason="expired")
        with nothing_recorded():
            _deliver(contracts.PaymentAuthorized, order, uuid7())
        assert order.status == "cancelled"

    def test_of_a_second_payment_changes_nothing(self) -> None:
        order = complete_order()
        with nothing_recorded():
            _deliver(contracts.PaymentAuthorized, order, uuid7())


@pytest.mark.django_db
class TestTheEndOfASale:
    @pytest.mark.parametrize(
        ("event", "reason"),
        [(contracts.PaymentRefunded, "refunded"), (contracts.PaymentCaptureFailed, "capture_failed")],
    )
    def test_frees_the_ticket(self, event: type[contracts.PaymentState], reason: str) -> None:
        order = complete_order()
        assert order.payment_id
        _deliver(event, order, order.payment_id)
        assert (order.status, order.cancel_reason) == ("cancelled", reason)
        event = recorded_events()[-1]
        assert isinstance(event, OrderCancelled)
        assert (event.cancel_reason, event.payment_id) == (reason, order.payment_id)

    def test_takes_the_payment_that_completed_it(self) -> None:
        order = complete_order()
        with nothing_recorded():
            _deliver(contracts.PaymentRefunded, order, uuid7())
        assert order.status == "complete"
