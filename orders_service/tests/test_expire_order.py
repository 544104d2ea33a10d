from datetime import datetime, timedelta

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


def _expire(order: Order, now: datetime) -> bool:
    with transaction.atomic():
        return operations.expire_order(order_id=order.id, now=now)


@pytest.mark.django_db
class TestTheCountdown:
    @pytest.mark.parametrize("status", ["created", "awaiting:payment"])
    def test_ends_a_hold_whose_time_is_over(self, status: str) -> None:
        order = _overdue(status=status)
        tasks.expire_order(order_id=str(order.id))
        order.refresh_from_db()
        assert (order.status, order.cancel_reason) == ("cancelled", "expired")
        [event] = recorded_events()
        assert isinstance(event, OrderCancelled)

    def test_takes_along_whatever_else_is_due(self) -> None:
        order, other, living = _overdue(), _overdue(status="awaiting:payment", version=2), OrderFactory()
        tasks.expire_order(order_id=str(order.id))
        ended = Order.objects.filter(status="cancelled", cancel_reason="expired", paying_with=None)
        assert dict(ended.values_list("id", "version")) == {order.id: 2, other.id: 3}
        assert Order.objects.exclude(status="cancelled").get() == living
        assert [event.status for event in recorded_events()] == ["cancelled"] * 2

    def test_names_the_request_that_each_hold_it_takes_along_began_with(self) -> None:
        ticket = TicketCopyFactory()
        with transaction.atomic(), context.bound(context.Context(correlation_id="the buyer's request")):
            placed = operations.place_order(
                buyer_id=uuid7(),
                ticket_id=ticket.id,
                hold=timedelta(seconds=1),
                now=timezone.now() - timedelta(minutes=1),
            )
        tasks.expire_order(order_id=str(_overdue().id))
        last = LoggedEvent.objects.get(aggregate_id=placed.id, type="order.cancelled")
        assert (last.version, last.correlation_id) == (2, "the buyer's request")

    def test_that_comes_early_changes_nothing(self) -> None:
        order = OrderFactory()
        with nothing_recorded():
            assert not _expire(order, order.expires_at - timedelta(microseconds=1))
        assert _expire(order, order.expires_at)

    def test_that_comes_twice_ends_it_once(self) -> None:
        order = _overdue()
        tasks.expire_order(order_id=str(order.id))
        with nothing_recorded():
            tasks.expire_order(order_id=str(order.id))

    def test_never_touches_a_paid_order(self) -> None:
        order = complete_order(created_at=timezone.now() - timedelta(days=2))
        with nothing_recorded():
            assert not _expire(order, timezone.now())

    def test_for_an_unknown_order_changes_nothing(self) -> None:
        with nothing_recorded():
            tasks.expire_order(order_id="01990000-0000-7000-8000-000000000000")


@pytest.mark.django_db(transaction=True)
class TestTheSweep:
    def test_ends_every_hold_whose_countdown_was_lost(self) -> None:
        for _ in range(3):
            _overdue()
        living = OrderFactory()
        assert tasks.expire_due_orders() == 3
        assert Order.objects.exclude(status="cancelled").get() == living
        assert tasks.expire_due_orders() == 0

    def test_passes_by_an_order_that_somebody_works_on(self) -> None:
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

    def test_works_through_more_than_one_batch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tasks, "AT_ONCE", 2)
        for _ in range(5):
            _overdue()
        assert tasks.expire_due_orders() == 5
