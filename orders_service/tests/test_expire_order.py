from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from contracts.order import OrderCancelled
from orders_service.orders import operations, tasks
from orders_service.orders.models import Order
from orders_service.tests.factories import OrderFactory, TicketCopyFactory, complete_order
from shared_events import context
from shared_events.ids import uuid7
from shared_events.models import LoggedEvent
from shared_events.testing import nothing_recorded, recorded_events


def _overdue(**fields: object) -> Order:
    now = timezone.now()
    order: Order = OrderFactory(
        created_at=now - timedelta(minutes=20), expires_at=now - timedelta(seconds=1), **fields
    )
    return order


@pytest.mark.django_db
class TestAnEnd:
    @pytest.mark.parametrize("status", ["created", "awaiting:payment"])
    def test_comes_to_a_hold_whose_time_is_over(self, status: str) -> None:
        order = _overdue(status=status, current_payment_id=uuid7(), version=2)
        assert tasks.expire_due_orders() == 1
        order.refresh_from_db()
        assert (order.status, order.cancel_reason, order.current_payment_id) == ("cancelled", "expired", None)
        assert order.version == 3
        [event] = recorded_events()
        assert isinstance(event, OrderCancelled)

    def test_never_comes_early(self) -> None:
        order = OrderFactory()
        with transaction.atomic(), nothing_recorded():
            early = order.expires_at - timedelta(microseconds=1)
            assert operations.expire_due_orders(now=early, most=1) == 0
        with transaction.atomic():
            assert operations.expire_due_orders(now=order.expires_at, most=1) == 1

    def test_comes_once(self) -> None:
        _overdue()
        tasks.expire_due_orders()
        with nothing_recorded():
            tasks.expire_due_orders()

    def test_never_comes_to_a_paid_order(self) -> None:
        complete_order(created_at=timezone.now() - timedelta(days=2))
        with nothing_recorded():
            tasks.expire_due_orders()

    def test_belongs_to_the_request_with_which_the_hold_began(self) -> None:
        ticket = TicketCopyFactory()
        with transaction.atomic(), context.bound(context.Context(correlation_id="the buyer's request")):
            placed = operations.place_order(
                buyer_id=uuid7(),
                ticket_id=ticket.id,
                hold=timedelta(seconds=1),
                now=timezone.now() - timedelta(minutes=1),
            )
        _overdue()
        assert tasks.expire_due_orders() == 2
        last = LoggedEvent.objects.get(aggregate_id=placed.id, type="order.cancelled")
        assert (last.version, last.correlation_id) == (2, "the buyer's request")


@pytest.mark.django_db(transaction=True)
class TestManyEnds:
    def test_come_to_every_hold_that_is_due(self) -> None:
        for _ in range(3):
            _overdue()
        living = OrderFactory()
        assert tasks.expire_due_orders() == 3
        assert Order.objects.exclude(status="cancelled").get() == living
        assert tasks.expire_due_orders() == 0

    def test_skip_an_order_that_is_locked(self) -> None:
        busy, free = _overdue(), _overdue()
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("SELECT 1 FROM orders_order WHERE id = %s FOR UPDATE", [busy.id])
            assert tasks.expire_due_orders() == 1
        finally:
            other.close()
        free.refresh_from_db()
        assert free.status == "cancelled"

    def test_come_in_more_than_one_batch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tasks, "AT_ONCE", 2)
        for _ in range(5):
            _overdue()
        assert tasks.expire_due_orders() == 5
