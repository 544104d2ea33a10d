"""After a restore: listings are made anew from their own events, and what others have lost is let go of."""

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
from shared_events.envelope import Envelope, RawEnvelope
from shared_events.outbox.recovery import forgets, rebuilds
from tickets_service.tickets.models import POSITION_UNKNOWN, Ticket


@rebuilds(TicketCreated)
@rebuilds(TicketEdited)
@rebuilds(TicketReserved)
@rebuilds(TicketSold)
@rebuilds(TicketReleased)
@rebuilds(TicketWithdrawn)
@rebuilds(TicketReservationRefused)
def rebuild_ticket(event: Envelope[TicketState]) -> bool:
    """Make the listing what the event says, unless it is newer."""
    ticket = Ticket.objects.select_for_update().filter(id=event.aggregate_id).first()
    ticket = ticket or Ticket(id=event.aggregate_id, version=0)
    if ticket.version < event.version:
        ticket.rebuild(event)
        ticket.save()
    return True


@forgets("order")
def forget_orders(lost: list[RawEnvelope], after: int) -> None:
    """What orders publishes from there on is new, whatever its position was used for before."""
    Ticket.objects.filter(order_position__gt=after).update(order_position=POSITION_UNKNOWN)
