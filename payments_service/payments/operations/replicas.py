"""Replicas of orders, and what an order's end means for its payments."""

from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter
from typing import TypeVar
from uuid import UUID

from django.db.models import Q

from contracts.order import OrderState
from payments_service.payments.models import (
    LIVE,
    REPLICATED_FIELDS,
    OrderReplica,
    OrderStatus,
    Payment,
)
from payments_service.payments.operations.due_payments import settle_soon
from payments_service.payments.operations.locks import lock_order
from shared_events.context import Context, bound
from shared_events.envelope import Envelope

OrderEvent = TypeVar("OrderEvent", bound=OrderState)


def upsert_order_replicas(events: Iterable[Envelope[OrderEvent]]) -> list[Envelope[OrderEvent]]:
    """Apply the latest event of each order to its replica; return those that were applied.

    An event that is older than the replica isn't.
    """
    latest = {event.aggregate_id: event for event in sorted(events, key=attrgetter("position"))}
    locked = OrderReplica.objects.select_for_update().filter(id__in=latest).order_by("id")
    existing = {order.id: order for order in locked}
    orders = [existing.get(order_id) or OrderReplica(id=order_id) for order_id in sorted(latest)]
    newer = [order for order in orders if order.apply(latest[order.id])]
    OrderReplica.objects.bulk_create(
        newer, update_conflicts=True, unique_fields=["id"], update_fields=REPLICATED_FIELDS
    )
    return [latest[order.id] for order in newer]


def end_orders(events: Iterable[Envelope[OrderEvent]], *, now: datetime) -> None:
    """Apply that orders were completed or cancelled, and have their payments settled for the new goal.

    The payments of an order whose event isn't applied are left alone.
    """
    causes = {event.aggregate_id: Context.of(event) for event in upsert_order_replicas(events)}
    of_orders = Q(order_id__in=causes) & (Q(status__in=LIVE) | Q(due_at__isnull=False))
    for order_id in Payment.objects.filter(of_orders).values_list("order_id", flat=True).distinct():
        with bound(causes[order_id]):
            settle_soon(of_orders & Q(order_id=order_id), now, with_new_goal=True)


def end_lost_order(*, order_id: UUID, now: datetime) -> None:
    """Cancel an order that orders has lost, and have its payments released. Raises OrderNotFound."""
    order = lock_order(order_id)
    order.status, order.cancel_reason = OrderStatus.CANCELLED, "lost"
    order.save()
    unfinished = Q(status__in=LIVE) | Q(due_at__isnull=False)
    settle_soon(Q(order_id=order_id) & unfinished, now, with_new_goal=True)
