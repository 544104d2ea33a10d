"""The reads."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from orders_service.orders.models import Order, TicketCopy
from orders_service.orders.operations import NotYourOrder, OrderNotFound
from shared_events import log


@dataclass(frozen=True, kw_only=True)
class Step:
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


def list_steps(*, order_id: UUID) -> list[Step]:
    """Return what happened to an order, oldest first: the log that its events are published from."""
    return [Step(type=event.type, at=event.occurred_at) for event in log.history(order_id)]


def list_orders(*, buyer_id: UUID) -> QuerySet[Order]:
    """Return the buyer's own orders, to be ordered and cut by the page."""
    return Order.objects.filter(user_id=buyer_id)


def find_ticket(ticket_id: UUID) -> TicketCopy | None:
    """Return our copy of a listing, None while there is none."""
    return TicketCopy.objects.filter(id=ticket_id).first()
