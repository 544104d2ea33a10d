"""After a restore: orders are made anew from their own events, and what others have lost is let go of."""

from contracts.order import (
    OrderAwaitingPayment,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderExtended,
    OrderReopened,
    OrderState,
)
from orders_service.orders.models import POSITION_UNKNOWN, Order, TicketReplica
from shared_events.envelope import Envelope, RawEnvelope
from shared_events.outbox.recovery import forgets, rebuilds


@rebuilds(OrderCreated)
@rebuilds(OrderExtended)
@rebuilds(OrderAwaitingPayment)
@rebuilds(OrderReopened)
@rebuilds(OrderCompleted)
@rebuilds(OrderCancelled)
def rebuild_order(event: Envelope[OrderState]) -> bool:
    """Make the order what the event says, unless it is newer. A hold whose time is over ends by the sweep."""
    order = Order.objects.select_for_update().filter(id=event.aggregate_id).first()
    order = order or Order(id=event.aggregate_id, version=0)
    if order.version < event.version:
        order.rebuild(event)
        order.save()
    return True


@forgets("payment")
def forget_payments(lost: list[RawEnvelope], after: int) -> None:
    """What payments publishes from there on is new, whatever its position was used for before."""
    Order.objects.filter(last_payment_position__gt=after).update(last_payment_position=POSITION_UNKNOWN)


@forgets("ticket")
def forget_tickets(lost: list[RawEnvelope], after: int) -> None:
    """A listing that tickets never made can't be held any more; what it says next of the others is news."""
    TicketReplica.objects.filter(id__in=[event.aggregate_id for event in lost if event.version == 1]).delete()
    TicketReplica.objects.filter(id__in={event.aggregate_id for event in lost}).update(version=0)
