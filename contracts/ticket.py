"""The `ticket` stream, published by tickets."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from shared_events.contracts import Event, contract


class TicketState(Event, frozen=True, kw_only=True):
    """A listing as everybody may see it. The aggregate's id is the ticket's id."""

    title: str
    price: Decimal
    currency: str
    user_id: UUID
    order_id: UUID | None
    created_at: datetime
    sold: bool = False
    description: str = ""
    venue: str = ""
    starts_at: datetime | None = None


@contract
class TicketCreated(TicketState, frozen=True):
    """Recorded by tickets when a seller lists a ticket."""


@contract
class TicketUpdated(TicketState, frozen=True):
    """Recorded by tickets when the seller edits a listing, and when it is held, sold or freed."""


@contract
class TicketWithdrawn(TicketState, frozen=True):
    """Recorded by tickets when the seller withdraws a listing.

    Recorded again when a hold reaches a listing that is withdrawn already, so that orders can end the hold.
    """
