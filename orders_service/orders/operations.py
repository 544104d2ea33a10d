"""The writes: everything that can happen to an order.

Each needs a transaction opened by its caller, locks the order's row before it decides, and records what it
did.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from contracts.order import (
    CancelReason,
    OrderAwaitingPayment,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderExtended,
    OrderReopened,
    OrderState,
)
from marketplace.users import operations as users
from orders_service.orders import metrics
from orders_service.orders.models import EXTENSION, OPEN, POSITION_UNKNOWN, Order, Status, TicketReplica
from service_defaults.errors import BusinessRuleViolation, NotFound, PermissionDenied
from shared_events import context
from shared_events.outbox import commands, log, recovery

#: The countdown task that ends holds on time; `tasks.py` defines it, a sweep stands behind it.
EXPIRE_DUE_ORDERS = "orders.expire_due_orders"


class TicketNotFound(NotFound):
    """Ticket not found."""

    field = "ticketId"


class TicketAlreadyReserved(BusinessRuleViolation):
    """Ticket is already reserved."""

    field = "ticketId"


class OwnTicket(BusinessRuleViolation):
    """You can't buy your own ticket."""

    field = "ticketId"


class BuyerSuspended(PermissionDenied):
    """Account suspended."""


class OrderNotFound(NotFound):
    """Order not found."""


class NotYourOrder(PermissionDenied):
    """Not your order."""


class OrderAlreadyPaid(BusinessRuleViolation):
    """A paid order can't be cancelled."""


class OrderNotOpen(BusinessRuleViolation):
    """Only a living hold can be extended."""


class AlreadyExtended(BusinessRuleViolation):
    """A hold can be extended once."""


def place_order(*, buyer_id: UUID, ticket_id: UUID, hold: timedelta, now: datetime) -> Order:
    """Hold a ticket for a buyer until `now + hold`.

    Raises TicketNotFound, OwnTicket, BuyerSuspended and, for all buyers but the first, TicketAlreadyReserved.
    """
    ticket = TicketReplica.objects.filter(id=ticket_id, withdrawn=False).first()
    if ticket is None:
        raise TicketNotFound
    if ticket.seller_id == buyer_id:
        raise OwnTicket
    if users.is_suspended_until_commit(buyer_id):
        raise BuyerSuspended
    if users.is_suspended_until_commit(ticket.seller_id):
        raise TicketNotFound
    order = Order(user_id=buyer_id, expires_at=now + hold, created_at=now)
    order.freeze_ticket(ticket)
    _insert_unless_reserved(order)
    _record(OrderCreated, order)
    metrics.count_start()
    commands.schedule(EXPIRE_DUE_ORDERS, {}, at=order.expires_at)
    return order


def cancel_order(*, order_id: UUID, buyer_id: UUID) -> Order:
    """End the buyer's own hold; cancelling it again changes nothing.

    Raises OrderNotFound, NotYourOrder and, once it is paid, OrderAlreadyPaid.
    """
    order = _lock_own(order_id, buyer_id)
    if order.status == Status.COMPLETE:
        raise OrderAlreadyPaid
    if order.is_open:
        _cancel(order, "buyer")
    return order


def cancel_order_for_operator(*, order_id: UUID, reason: CancelReason = "operator") -> Order:
    """End any buyer's hold for an operator, for a reason. Raises OrderNotFound, OrderAlreadyPaid."""
    order = _lock(order_id)
    if order.status == Status.COMPLETE:
        raise OrderAlreadyPaid
    if order.is_open:
        _cancel(order, reason)
    return order


def extend_order(*, order_id: UUID, buyer_id: UUID, now: datetime) -> Order:
    """Give the buyer more time (`EXTENSION`), once.

    Raises OrderNotFound, NotYourOrder, OrderNotOpen (also when its time is over) and AlreadyExtended.
    """
    order = _lock_own(order_id, buyer_id)
    if order.extended:
        raise AlreadyExtended
    if not order.is_open or order.is_due(now):
        raise OrderNotOpen
    order.extended, order.expires_at = True, order.expires_at + EXTENSION
    _save(OrderExtended, order, status=order.status, current_payment_id=order.current_payment_id)
    commands.schedule(EXPIRE_DUE_ORDERS, {}, at=order.expires_at)
    return order


def expire_due_orders(*, now: datetime, most: int) -> int:
    """End up to `most` holds whose time is over, skipping those that are locked; return how many.

    What it records belongs to the request that each hold began with.
    """
    due = Order.objects.select_for_update(skip_locked=True).filter(status__in=OPEN, expires_at__lte=now)
    orders = list(due.order_by("expires_at")[:most])
    began = log.origin_contexts(order.id for order in orders)
    with log.batch_writes():
        for order in orders:
            order.cancel("expired")
            order.version += 1
            metrics.observe_expiry(order.expires_at, now)
            with context.bound(began[order.id]):
                _record(OrderCancelled, order, cancel_reason=order.cancel_reason, payment_id=None)
    # The rows are there and locked: an upsert is how Django writes many of them in one statement.
    Order.objects.bulk_create(
        orders,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["status", "cancel_reason", "current_payment_id", "version", "updated_at"],
    )
    return len(orders)


def begin_payment(*, order_id: UUID, payment_id: UUID, position: int) -> None:
    """A payment has started: the order waits for it. `position` is the event's, in the payment stream."""
    order = _lock_unless_old(order_id, position)
    if order is None or not order.is_open:
        return
    order.pay_with(payment_id, position)
    _save(OrderAwaitingPayment, order, current_payment_id=payment_id)


def reopen_order(*, order_id: UUID, payment_id: UUID, position: int) -> None:
    """A payment came to nothing: if the order waits for that one, the buyer may try another."""
    order = _lock_unless_old(order_id, position)
    if order is None or order.status != Status.AWAITING_PAYMENT or order.current_payment_id != payment_id:
        return
    order.reopen(position)
    _save(OrderReopened, order)


def complete_order(*, order_id: UUID, payment_id: UUID) -> None:
    """Complete the order by an authorised payment, even past its deadline, while the hold exists.

    One that is received after the hold has ended changes nothing here, and payments voids it.
    """
    order = Order.objects.select_for_update().filter(id=order_id).first()
    if order is None or not order.is_open:
        return
    order.complete(payment_id)
    _save(OrderCompleted, order, payment_id=payment_id)
    metrics.count_end("completed")


def cancel_paid_order(*, order_id: UUID, payment_id: UUID, reason: CancelReason) -> None:
    """The payment that completed the order was refunded or can't be captured: the ticket is free again."""
    order = Order.objects.select_for_update().filter(id=order_id).first()
    if order is not None and order.status == Status.COMPLETE and order.payment_id == payment_id:
        _cancel(order, reason)


def cancel_refused_hold(*, order_id: UUID) -> None:
    """The hold reached a listing that was withdrawn before: it ends, unless it is paid."""
    for order in Order.objects.select_for_update().filter(id=order_id, status__in=OPEN):
        _cancel(order, "withdrawn")


def cancel_holds_on_ticket(*, ticket_id: UUID) -> None:
    """The listing was withdrawn: an unpaid hold on it ends; a paid one stands, and the ticket is sold."""
    for order in Order.objects.select_for_update().filter(ticket_id=ticket_id, status__in=OPEN):
        _cancel(order, "withdrawn")


def cancel_holds_of_user(*, user_id: UUID, suspended_at: datetime) -> None:
    """The user was suspended: the holds that aren't paid end.

    After a restore a suspension may be read again that was lifted since: a hold that began later stays.
    """
    later = Q(last_payment_position=POSITION_UNKNOWN, created_at__gt=suspended_at)
    orders = Order.objects.select_for_update().filter(user_id=user_id, status__in=OPEN).exclude(later)
    for order in orders.order_by("id"):
        _cancel(order, "suspended")


def _insert_unless_reserved(order: Order) -> None:
    # ON CONFLICT DO NOTHING on the partial unique index: a loser writes nothing and waits for no disk.
    Order.objects.bulk_create([order], ignore_conflicts=True)
    if not Order.objects.filter(id=order.id).exists():
        raise TicketAlreadyReserved


def _lock(order_id: UUID) -> Order:
    order = Order.objects.select_for_update().filter(id=order_id).first()
    if order is None:
        raise OrderNotFound
    return order


def _lock_unless_old(order_id: UUID, position: int) -> Order | None:
    """Lock and return an order, None where it has had the payment event at this position already."""
    order = Order.objects.select_for_update().filter(id=order_id, last_payment_position__lt=position).first()
    if order is not None and order.last_payment_position == POSITION_UNKNOWN:
        return None if recovery.has_caused(context.current().causation_id, order.id) else order
    return order


def _lock_own(order_id: UUID, buyer_id: UUID) -> Order:
    order = _lock(order_id)
    if order.user_id != buyer_id:
        raise NotYourOrder
    return order


def _cancel(order: Order, reason: CancelReason) -> None:
    if order.is_open:
        metrics.count_end(reason)
    order.cancel(reason)
    _save(OrderCancelled, order, cancel_reason=reason, payment_id=order.payment_id)


def _save(event: type[OrderState], order: Order, **facts: Any) -> None:
    order.version += 1
    order.save()
    _record(event, order, **facts)


def _record(event: type[OrderState], order: Order, **facts: Any) -> None:
    """Record the event with the order as it is now; `facts` are the fields that only this event has."""
    log.record(_state(event, order, facts), aggregate_id=order.id, version=order.version)


def _state(event: type[OrderState], order: Order, facts: dict[str, Any]) -> OrderState:
    return event(
        user_id=order.user_id,
        expires_at=order.expires_at,
        extended=order.extended,
        created_at=order.created_at,
        ticket=order.ticket,
        **facts,
    )
