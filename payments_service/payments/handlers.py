"""What payments does about other services' events: this module is its table of contents."""

from typing import TypeVar
from uuid import UUID

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
from shared_events.context import Context
from shared_events.envelope import Envelope
from shared_events.inbox.subscriptions import handles

S = TypeVar("S", bound=OrderState)


@handles(OrderCreated, batch=True)
@handles(OrderExtended, batch=True)
@handles(OrderAwaitingPayment, batch=True)
@handles(OrderReopened, batch=True)
def upsert_order_replicas(events: list[Envelope[OrderState]]) -> None:
    """Copy what is to be paid, by whom and until when."""
    operations.upsert_order_replicas(_update(event) for event in events)


@handles(OrderCompleted, batch=True)
def complete_orders(events: list[Envelope[OrderCompleted]]) -> None:
    """Copy with which payments the orders are complete, and have these captured."""
    updates = [_update(event, payment_id=event.data.payment_id) for event in events]
    operations.end_orders(updates, now=database_now())


@handles(OrderCancelled, batch=True)
def cancel_orders(events: list[Envelope[OrderCancelled]]) -> None:
    """Copy the orders' ends, and have their payments released."""
    updates = [
        _update(event, payment_id=event.data.payment_id, cancel_reason=event.data.cancel_reason)
        for event in events
    ]
    operations.end_orders(updates, now=database_now())


def _update(
    event: Envelope[S], *, payment_id: UUID | None = None, cancel_reason: str = ""
) -> operations.OrderUpdate:
    return operations.OrderUpdate(
        order_id=event.aggregate_id,
        state=event.data,
        payment_id=payment_id,
        cancel_reason=cancel_reason,
        position=event.position,
        cause=Context.of(event),
    )
