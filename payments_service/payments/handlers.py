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
from contracts.user import (
    UserReinstated,
    UserSessionEnded,
    UserSessionsEnded,
    UserSignedUp,
    UserState,
    UserSuspended,
)
from payments_service.payments import operations
from service_defaults.clock import database_now
from service_defaults.revocation import operations as revocation
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


@handles(UserSignedUp)
@handles(UserSuspended)
@handles(UserReinstated)
def upsert_user_replica(event: Envelope[UserState]) -> None:
    """Copy the user's status."""
    operations.upsert_user_replica(
        user_id=event.aggregate_id, status=event.data.status, position=event.position
    )


@handles(UserSuspended)
@handles(UserReinstated)
@handles(UserSessionsEnded)
def revoke_user_tokens(event: Envelope[UserState]) -> None:
    """Refuse the user's older tokens, and while the account is suspended all of them."""
    revocation.revoke_user_tokens(
        user_id=event.aggregate_id,
        version=event.version,
        suspended=event.data.status == "suspended",
        not_before=event.data.not_before or event.occurred_at,
    )


@handles(UserSessionEnded)
def end_session(event: Envelope[UserSessionEnded]) -> None:
    """Refuse the session's tokens."""
    revocation.end_session(session_id=event.data.session_id, ended_at=event.occurred_at)


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
