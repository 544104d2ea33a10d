"""The reads."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet

from contracts.order_export import ExportedOrder, ExportHeader
from marketplace.staff.matches import MAX_MATCHES, Match, Number, first_of, id_in
from orders_service.orders.models import OPEN, Order, Status, TicketReplica
from orders_service.orders.operations import NotYourOrder, OrderNotFound
from service_defaults.clock import first_id_of, start_of_day
from shared_events.outbox import log
from shared_events.outbox.log_search import aggregates_of_request


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """Something that happened to an order: the event's wire type, and when."""

    type: str
    at: datetime


class OrderFilter(TypedDict, total=False):
    """How staff narrow the list of orders; absent means any."""

    buyer: UUID
    ticket: UUID
    status: str


_LOOKUPS = {"buyer": "user_id", "ticket": "ticket_id", "status": "status"}


def get_order(*, order_id: UUID, buyer_id: UUID) -> Order:
    """Return the buyer's own order. Raises OrderNotFound, NotYourOrder."""
    order = get_any_order(order_id=order_id)
    if order.user_id != buyer_id:
        raise NotYourOrder
    return order


def get_any_order(*, order_id: UUID) -> Order:
    """Return an order, whosever it is. Raises OrderNotFound."""
    order = Order.objects.filter(id=order_id).first()
    if order is None:
        raise OrderNotFound
    return order


def is_open() -> Q:
    """Return which orders are open holds: neither paid nor released."""
    return Q(status__in=OPEN)


def is_overdue(*, now: datetime) -> Q:
    """Return which holds are open although they should have expired."""
    return is_open() & Q(expires_at__lte=now)


def list_history(*, order_id: UUID) -> list[HistoryEntry]:
    """Return what happened to an order, oldest first: the log that its events are published from."""
    return [HistoryEntry(type=event.type, at=event.occurred_at) for event in log.history(order_id)]


def list_orders(*, buyer_id: UUID) -> QuerySet[Order]:
    """Return the buyer's own orders, to be ordered and cut by the page."""
    return Order.objects.filter(user_id=buyer_id)


def list_any_orders(*, filters: OrderFilter) -> QuerySet[Order]:
    """Return everybody's orders, to be ordered and cut by the page."""
    return Order.objects.filter(**{_LOOKUPS[name]: value for name, value in filters.items()})


def search(*, text: str) -> list[Match]:
    """Return the orders with this id, buyer, ticket, payment or request, by their ids, newest first each."""
    known, orders = id_in(text), Order.objects.order_by("-id")
    of_request = orders.filter(id__in=_ids_of_request(text))
    if known is None:
        return [_match(order) for order in first_of(of_request)]
    # Each by an index of its own: of those that are under way there are few.
    found = (
        orders.filter(id=known),
        orders.filter(payment_id=known),
        orders.filter(current_payment_id=known, status__in=OPEN),
        orders.filter(ticket_id=known)[:MAX_MATCHES],
        orders.filter(user_id=known)[:MAX_MATCHES],
        of_request,
    )
    return [_match(order) for order in first_of(*found)]


def count_today(*, now: datetime) -> list[Number]:
    """Return the numbers of the day that `now` is in, in UTC: of the holds begun in it, and of those open."""
    ended = Q(status=Status.CANCELLED, cancel_reason="expired")
    counts = Order.objects.filter(id__gte=first_id_of(start_of_day(now))).aggregate(
        started=Count("id"),
        completed=Count("id", filter=Q(status=Status.COMPLETE)),
        expired=Count("id", filter=ended),
    )
    over = counts["completed"] + counts["expired"]
    return [
        Number(name="holdsOpen", label="holds open", value=count_open_holds()),
        Number(name="holdsStartedToday", label="holds started today", value=counts["started"]),
        Number(
            name="completedToday", label="completed today", value=counts["completed"], link="status=complete"
        ),
        Number(name="expiredToday", label="expired today", value=counts["expired"], link="status=cancelled"),
        Number(
            name="lapsedRate",
            label="expired of those paid or expired",
            value=round(counts["expired"] / over, 4) if over else 0,
        ),
    ]


def _ids_of_request(text: str) -> list[UUID]:
    return aggregates_of_request(text, stream="order", most=MAX_MATCHES)


def _match(order: Order) -> Match:
    payment_id = order.payment_id or order.current_payment_id
    why = f" ({order.cancel_reason})" if order.cancel_reason else ""
    return Match(
        kind="order",
        id=order.id,
        label=order.ticket_title,
        detail=f"{order.ticket_price} {order.ticket_currency}, {order.status}{why}",
        at=order.created_at,
        related=(order.user_id, order.ticket_id, *([payment_id] if payment_id else [])),
    )


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
    return Order.objects.filter(is_open()).count()


def get_overdue_holds(*, now: datetime) -> OverdueHolds:
    """Return the open holds that should have been released before."""
    overdue = Order.objects.filter(is_open(), expires_at__lt=now - RELEASED_WITHIN)
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
