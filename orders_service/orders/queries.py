"""The reads."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Min, QuerySet

from contracts.order_export import ExportedOrder, ExportHeader
from orders_service.orders.models import OPEN, Order, TicketReplica
from orders_service.orders.operations import NotYourOrder, OrderNotFound
from service_defaults.clock import first_id_of
from shared_events.outbox import log


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """Something that happened to an order: the event's wire type, and when."""

    type: str
    at: datetime


def get_order(*, order_id: UUID, buyer_id: UUID) -> Order:
    """Return the buyer's own order. Raises OrderNotFound, NotYourOrder."""
    order = Order.objects.filter(id=order_id).first()
    if order is None:
        raise OrderNotFound
    if order.user_id != buyer_id:
        raise NotYourOrder
    return order


def list_history(*, order_id: UUID) -> list[HistoryEntry]:
    """Return what happened to an order, oldest first: the log that its events are published from."""
    return [HistoryEntry(type=event.type, at=event.occurred_at) for event in log.history(order_id)]


def list_orders(*, buyer_id: UUID) -> QuerySet[Order]:
    """Return the buyer's own orders, to be ordered and cut by the page."""
    return Order.objects.filter(user_id=buyer_id)


def export_orders(*, since: datetime | None, now: datetime) -> tuple[ExportHeader, Iterator[ExportedOrder]]:
    """Return all orders, or those placed at `since` or later, by their ids: others compare theirs with them.

    To be read in one transaction with one snapshot, so that they fit the position in the header.
    """
    first_id = first_id_of(since) if since else UUID(int=0)
    header = ExportHeader(exported_at=now, position=log.head("order"), first_id=first_id)
    waiting = log.waiting()
    orders = Order.objects.filter(id__gte=first_id).order_by("id").iterator()
    return header, (_exported(order, is_published=order.id not in waiting) for order in orders)


@dataclass(frozen=True, kw_only=True)
class OverdueHolds:
    """Open holds past their end: how many, and for how many seconds the oldest has been."""

    count: int
    oldest_age: float


#: How long after its end a hold is released at the latest, while all is well.
RELEASED_WITHIN = timedelta(seconds=5)


def count_open_holds() -> int:
    """Return how many holds are neither paid nor released."""
    return Order.objects.filter(status__in=OPEN).count()


def get_overdue_holds(*, now: datetime) -> OverdueHolds:
    """Return the open holds that should have been released before."""
    overdue = Order.objects.filter(status__in=OPEN, expires_at__lt=now - RELEASED_WITHIN)
    found = overdue.aggregate(count=Count("*"), oldest=Min("expires_at"))
    oldest = found["oldest"]
    return OverdueHolds(count=found["count"], oldest_age=(now - oldest).total_seconds() if oldest else 0.0)


def _exported(order: Order, *, is_published: bool) -> ExportedOrder:
    return ExportedOrder(
        id=order.id,
        status=order.status,  # type: ignore[arg-type]
        ticket_id=order.ticket_id,
        amount=order.ticket_price,
        currency=order.ticket_currency,
        payment_id=order.payment_id or order.current_payment_id,
        is_published=is_published,
    )


def find_ticket(ticket_id: UUID) -> TicketReplica | None:
    """Return our copy of a listing, None while there is none."""
    return TicketReplica.objects.filter(id=ticket_id).first()
