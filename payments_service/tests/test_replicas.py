from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from contracts.order import HeldTicket, OrderCancelled, OrderExtended
from payments_service.payments.models import OrderReplica, Payment
from payments_service.payments.operations import SETTLE_PAYMENT
from payments_service.tests.story import PlacedOrder, begin_attempt
from shared_events.ids import uuid7
from shared_events.models import OutgoingCommand
from shared_events.testing import deliver, deliver_batch, enveloped

pytestmark = pytest.mark.django_db


class TestTheCopyOfAnOrder:
    def test_holds_what_is_to_be_paid_by_whom_and_until_when(self, buyer: UUID) -> None:
        copy = OrderReplica.objects.get(id=PlacedOrder(buyer).id)
        assert (copy.buyer, str(copy.amount), copy.currency, copy.status) == (
            buyer,
            "19.99",
            "USD",
            "created",
        )
        assert copy.expires_at > timezone.now()

    def test_follows_an_extension(self, buyer: UUID) -> None:
        order, later = PlacedOrder(buyer), timezone.now() + timedelta(hours=1)
        state = extended(buyer, later)
        deliver(state, aggregate_id=order.id, position=10_000_000)
        assert OrderReplica.objects.get(id=order.id).expires_at == later

    def test_never_goes_back(self, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        order.cancel("buyer")
        state = extended(buyer, timezone.now())
        deliver(state, aggregate_id=order.id, position=0)
        copy = OrderReplica.objects.get(id=order.id)
        assert (copy.status, copy.cancel_reason) == ("cancelled", "buyer")

    def test_may_begin_with_its_end(self, buyer: UUID) -> None:
        deliver(expired(buyer), aggregate_id=(order_id := uuid7()), position=5)
        assert OrderReplica.objects.get(id=order_id).status == "cancelled"

    def test_of_many_that_end_at_once_sends_each_payment_on_its_own_way(self, buyer: UUID) -> None:
        orders = [PlacedOrder(buyer) for _ in range(3)]
        payments = [begin_attempt(order).payment for order in orders[:2]]
        deliver_batch(
            [
                enveloped(
                    expired(buyer),
                    aggregate_id=order.id,
                    position=10_000_000 + nth,
                    correlation_id=f"of {nth}",
                )
                for nth, order in enumerate(orders)
            ]
        )
        assert set(OrderReplica.objects.values_list("status", flat=True)) == {"cancelled"}
        sent = OutgoingCommand.objects.filter(task=SETTLE_PAYMENT, kwargs__payment_id__isnull=False)
        assert dict(sent.values_list("kwargs__payment_id", "correlation_id")) == {
            str(payment.id): f"of {nth}" for nth, payment in enumerate(payments)
        }


class TestTheDatabase:
    def test_takes_one_live_payment_per_order(self, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        first = begin_attempt(order).payment
        with pytest.raises(IntegrityError, match="one_live_payment_per_order"), transaction.atomic():
            another(first).save(force_insert=True)
        Payment.objects.filter(id=first.id).update(status="voided")
        another(first).save(force_insert=True)

    @pytest.mark.parametrize(
        ("change", "constraint"),
        [
            ({"amount": 0}, "payment_amount_positive"),
            ({"status": "captured"}, "money_moves_by_an_intent"),
            ({"due_at": None}, "unfinished_is_due"),
        ],
    )
    def test_refuses_nonsense(self, buyer: UUID, change: dict[str, object], constraint: str) -> None:
        payment = begin_attempt(PlacedOrder(buyer)).payment
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Payment.objects.filter(id=payment.id).update(**change)


def ticket() -> HeldTicket:
    return HeldTicket(id=uuid7(), title="Front row", price="19.99", currency="USD", version=1)  # type: ignore[arg-type]


def extended(buyer: UUID, until: datetime) -> OrderExtended:
    return OrderExtended(
        status="created",
        user_id=buyer,
        expires_at=until,
        extended=True,
        created_at=timezone.now(),
        ticket=ticket(),
        current_payment_id=None,
    )


def expired(buyer: UUID) -> OrderCancelled:
    return OrderCancelled(
        user_id=buyer,
        expires_at=timezone.now(),
        extended=False,
        created_at=timezone.now(),
        ticket=ticket(),
        cancel_reason="expired",
        payment_id=None,
    )


def another(payment: Payment) -> Payment:
    copy = Payment.objects.get(id=payment.id)
    copy.id = uuid7()
    return copy
