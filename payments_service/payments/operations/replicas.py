"""What others have told about orders and users."""

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
    UserReplica,
)
from payments_service.payments.operations.records import lock_order
from payments_service.payments.operations.sync_requests import settle_soon
from shared_events.context import Context, bound


@dataclass(frozen=True, kw_only=True)
class OrderUpdate:
    """What an order event tells, where in the order stream, and the context of what that causes.

    `payment_id` is the payment that completed the order; `cancel_reason` may be one that we don't know.
    """

    order_id: UUID
    state: OrderState
    payment_id: UUID | None = None
    cancel_reason: str = ""
    position: int
    cause: Context


def upsert_order_replicas(news: Iterable[OrderUpdate]) -> list[OrderUpdate]:
    """Keep our copies of orders up to date, and return what was news.

    What is older than a copy changes nothing.
    """
    latest = {one.order_id: one for one in sorted(news, key=attrgetter("position"))}
    locked = OrderReplica.objects.select_for_update().filter(id__in=latest).order_by("id")
    known = {order.id: order for order in locked}
    orders = [known.get(order_id) or OrderReplica(id=order_id) for order_id in sorted(latest)]
    newer = [order for order in orders if _is_news(order, latest[order.id])]
    OrderReplica.objects.bulk_create(
        newer, update_conflicts=True, unique_fields=["id"], update_fields=REPLICATED_FIELDS
    )
    return [latest[order.id] for order in newer]


def _is_news(order: OrderReplica, told: OrderUpdate) -> bool:
    return order.take(told.state, told.position, payment_id=told.payment_id, cancel_reason=told.cancel_reason)


def end_orders(news: list[OrderUpdate], *, now: datetime) -> None:
    """The orders were completed or cancelled: their payments have a new goal now.

    Where our copy knew it already, or knows better, their payments are left alone.
    """
    causes = {one.order_id: one.cause for one in upsert_order_replicas(news)}
    of_orders = Q(order_id__in=causes) & (Q(status__in=LIVE) | Q(due_at__isnull=False))
    for order_id in Payment.objects.filter(of_orders).values_list("order_id", flat=True).distinct():
        with bound(causes[order_id]):
            settle_soon(of_orders & Q(order_id=order_id), now, with_new_goal=True)


def end_lost_order(*, order_id: UUID, now: datetime) -> None:
    """End an order that orders has lost, and have nothing of its payments kept. Raises OrderNotFound."""
    order = lock_order(order_id)
    order.status, order.cancel_reason = OrderStatus.CANCELLED, "lost"
    order.save()
    unfinished = Q(status__in=LIVE) | Q(due_at__isnull=False)
    settle_soon(Q(order_id=order_id) & unfinished, now, with_new_goal=True)


def upsert_user_replica(*, user_id: UUID, status: str, position: int) -> None:
    """Keep our copy of a user's standing up to date."""
    user = UserReplica.objects.select_for_update().filter(id=user_id).first() or UserReplica(id=user_id)
    if position > user.position:
        user.status, user.position = status, position
        user.save()
