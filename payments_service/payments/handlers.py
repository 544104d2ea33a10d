"""What payments does about other services' events: this module is its table of contents."""

from contracts.order import (
    OrderAwaitingPayment,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderExtended,
    OrderReopened,
    OrderState,
)
from payments_service.payments import operations
from service_defaults.clock import database_now
from shared_events.envelope import Envelope
from shared_events.inbox.subscriptions import handles


@handles(OrderCreated, batch=True)
@handles(OrderExtended, batch=True)
@handles(OrderAwaitingPayment, batch=True)
@handles(OrderReopened, batch=True)
def upsert_order_replicas(events: list[Envelope[OrderState]]) -> None:
    """Copy what is to be paid, by whom and until when."""
    operations.upsert_order_replicas(events)


@handles(OrderCompleted, batch=True)
def complete_orders(events: list[Envelope[OrderCompleted]]) -> None:
    """Copy with which payments the orders are complete, and have these captured."""
    operations.end_orders(events, now=database_now())


@handles(OrderCancelled, batch=True)
def cancel_orders(events: list[Envelope[OrderCancelled]]) -> None:
    """Copy the orders' ends, and have their payments released."""
    operations.end_orders(events, now=database_now())
