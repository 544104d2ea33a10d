"""The `ticket` stream, published by tickets."""

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from shared_events.contracts import Event, contract


class TicketState(Event, frozen=True, kw_only=True):
    """The public fields of a listing. The aggregate's id is the ticket's id.

    `status` is `available`, `reserved`, `sold` or `withdrawn`; each event has the one that it leads to. The
    order that has the ticket is named by the event that gave it the ticket.
    """

    title: str
    price: Decimal
    currency: str
    user_id: UUID
    created_at: datetime
    status: str
    description: str = ""
    venue: str = ""
    starts_at: datetime | None = None


@contract
class TicketCreated(TicketState, frozen=True, kw_only=True):
    """Recorded by tickets when a seller lists a ticket."""

    status: Literal["available"] = "available"


@contract
class TicketEdited(TicketState, frozen=True, kw_only=True):
    """Recorded by tickets when the seller edits a listing, which is possible while no order has it."""

    status: Literal["available"] = "available"


@contract
class TicketReserved(TicketState, frozen=True, kw_only=True):
    """Recorded by tickets when a hold takes the listing off sale; `order_id` says which."""

    status: Literal["reserved"] = "reserved"
    order_id: UUID


@contract
class TicketSold(TicketState, frozen=True, kw_only=True):
    """Recorded by tickets when the order that holds the ticket is paid."""

    status: Literal["sold"] = "sold"
    order_id: UUID


@contract
class TicketReleased(TicketState, frozen=True, kw_only=True):
    """Recorded by tickets when the listing is on sale again; `order_id` says which order had it."""

    status: Literal["available"] = "available"
    order_id: UUID


@contract
class TicketWithdrawn(TicketState, frozen=True, kw_only=True):
    """Recorded by tickets when a listing is withdrawn, for good."""

    status: Literal["withdrawn"] = "withdrawn"


@contract
class TicketReservationRefused(TicketState, frozen=True, kw_only=True):
    """Recorded by tickets when a hold reaches a withdrawn listing; `order_id` says whose hold has to end."""

    status: Literal["withdrawn"] = "withdrawn"
    order_id: UUID
