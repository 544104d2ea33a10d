"""What tickets does with other services' events: this module is its table of contents."""

from contracts.order import OrderCancelled, OrderCompleted, OrderCreated, OrderState
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
