"""What orders does with other services' events: this module is its table of contents."""

from contracts.payment import (
    PaymentAuthorized,
    PaymentCaptureFailed,
    PaymentDeclined,
    PaymentRefunded,
    PaymentStarted,
    PaymentState,
    PaymentVoided,
)
from contracts.ticket import (
    TicketCreated,
    TicketEdited,
    TicketReleased,
    TicketReservationRefused,
    TicketReserved,
    TicketSold,
    TicketState,
    TicketWithdrawn,
)
from contracts.user import UserState, UserSuspended
from marketplace.users import operations as users
from orders_service.orders import operations, replicas
from shared_events.envelope import Envelope
from shared_events.inbox.subscriptions import handles


@handles(TicketCreated, batch=True)
@handles(TicketEdited, batch=True)
@handles(TicketReserved, batch=True)
@handles(TicketSold, batch=True)
@handles(TicketReleased, batch=True)
def upsert_ticket_replicas(events: list[Envelope[TicketState]]) -> None:
    """Copy the listings."""
    replicas.upsert_ticket_replicas(events)


@handles(TicketWithdrawn)
def cancel_holds_on_ticket(event: Envelope[TicketState]) -> None:
    """Copy the withdrawal, and end the unpaid hold that it met."""
    if replicas.upsert_ticket_replicas([event]):
        operations.cancel_holds_on_ticket(ticket_id=event.aggregate_id)


@handles(TicketReservationRefused)
def cancel_refused_hold(event: Envelope[TicketReservationRefused]) -> None:
    """End the hold that came after the withdrawal."""
    if replicas.upsert_ticket_replicas([event]):
        operations.cancel_refused_hold(order_id=event.data.order_id)


@handles(UserSuspended)
def cancel_holds_of_user(event: Envelope[UserState]) -> None:
    """End the user's unpaid holds, unless the suspension is over."""
    user_id = event.aggregate_id
    # The users' own handler does it too. Done here first, no hold can begin behind the search for holds.
    users.upsert_user_replica(user_id=user_id, status=event.data.status, version=event.version)
    if not users.is_superseded(user_id=user_id, version=event.version):
        operations.cancel_holds_of_user(user_id=user_id, suspended_at=event.occurred_at)


@handles(PaymentStarted)
def begin_payment(event: Envelope[PaymentState]) -> None:
    """Wait for the attempt."""
    operations.begin_payment(
        order_id=event.data.order_id, payment_id=event.aggregate_id, position=event.position
    )


@handles(PaymentDeclined)
@handles(PaymentVoided)
def reopen_order(event: Envelope[PaymentState]) -> None:
    """Let the buyer try again."""
    operations.reopen_order(
        order_id=event.data.order_id, payment_id=event.aggregate_id, position=event.position
    )


@handles(PaymentAuthorized)
def complete_order(event: Envelope[PaymentState]) -> None:
    """Complete the order, while it lives."""
    operations.complete_order(order_id=event.data.order_id, payment_id=event.aggregate_id)


@handles(PaymentRefunded)
def cancel_refunded_order(event: Envelope[PaymentState]) -> None:
    """End the sale whose money went back."""
    operations.cancel_paid_order(
        order_id=event.data.order_id, payment_id=event.aggregate_id, reason="refunded"
    )


@handles(PaymentCaptureFailed)
def cancel_uncaptured_order(event: Envelope[PaymentState]) -> None:
    """End the sale whose money can't be taken."""
    operations.cancel_paid_order(
        order_id=event.data.order_id, payment_id=event.aggregate_id, reason="capture_failed"
    )
