"""What tickets does about what the others tell: this module is its table of contents."""

from contracts.order import OrderCancelled, OrderCompleted, OrderCreated, OrderState
from contracts.user import (
    UserReinstated,
    UserSessionEnded,
    UserSessionsEnded,
    UserSignedUp,
    UserState,
    UserSuspended,
)
from service_defaults.revocation import operations as revocation
from shared_events.context import Context
from shared_events.envelope import Envelope
from shared_events.inbox.subscriptions import handles
from tickets_service.tickets import operations


@handles(OrderCreated)
def hold_ticket(event: Envelope[OrderState]) -> None:
    """Take the ticket off sale."""
    operations.hold_ticket(
        ticket_id=event.data.ticket.id, order_id=event.aggregate_id, position=event.position
    )


@handles(OrderCompleted)
def mark_sold(event: Envelope[OrderState]) -> None:
    """Note the sale."""
    operations.mark_sold(ticket_id=event.data.ticket.id, order_id=event.aggregate_id, position=event.position)


@handles(OrderCancelled, batch=True)
def release_tickets(events: list[Envelope[OrderState]]) -> None:
    """Put the tickets on sale again."""
    operations.release_tickets(
        ends=[
            operations.OrderEnd(
                ticket_id=event.data.ticket.id,
                order_id=event.aggregate_id,
                position=event.position,
                cause=Context.of(event),
            )
            for event in events
        ]
    )


@handles(UserSignedUp)
@handles(UserSuspended)
@handles(UserReinstated)
def upsert_user_replica(event: Envelope[UserState]) -> None:
    """Copy the user's standing; a suspended seller's listings go off sale."""
    operations.upsert_user_replica(
        user_id=event.aggregate_id, status=event.data.status, version=event.version
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
