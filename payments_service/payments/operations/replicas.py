"""Replicas of orders, and what an order's end means for its payments."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
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
from payments_service.payments.operations.attempts import lock_order
from payments_service.payments.operations.due_payments import settle_soon
from shared_events.context import Context, bound


@dataclass(frozen=True, kw_only=True)
class OrderUpdate:
    """An order event: the order's state, its position in the order stream, and the context of its effects.

    `payment_id` is the payment that completed the order; `cancel_reason` may be any.
    """

    order_id: UUID
    state: OrderState
    payment_id: UUID | None = None
    cancel_reason: str = ""
    position: int
    cause: Context


def upsert_order_replicas(updates: Iterable[OrderUpdate]) -> list[OrderUpdate]:
    """Apply the latest update of each order to its replica; return those that were applied.

    An update that is older than the replica isn't.
    """
    latest = {one.order_id: one for one in sorted(updates, key=attrgetter("position"))}
    locked = OrderReplica.objects.select_for_update().filter(id__in=latest).order_by("id")
    existing = {order.id: order for order in locked}
    orders = [existing.get(order_id) or OrderReplica(id=order_id) for order_id in sorted(latest)]
    newer = [order for order in orders if _apply(order, latest[order.id])]
    OrderReplica.objects.bulk_create(
        newer, update_conflicts=True, unique_fields=["id"], update_fields=REPLICATED_FIELDS
    )
    return [latest[order.id] for order in newer]


def _apply(order: OrderReplica, update: OrderUpdate) -> bool:
    return order.apply(
        update.state, update.position, payment_id=update.payment_id, cancel_reason=update.cancel_reason
    )


def end_orders(updates: list[OrderUpdate], *, now: datetime) -> None:
    """Apply that orders were completed or cancelled, and have their payments settled for the new goal.

    The payments of an order whose update isn't applied are left alone.
    """
    causes = {one.order_id: one.cause for one in upsert_order_replicas(updates)}
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
