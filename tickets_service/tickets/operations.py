"""The writes: everything that can happen to a listing.

Each needs a transaction opened by its caller, locks the ticket's row before it decides, and records what it
did.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from contracts import ticket as events
from marketplace.users import operations as users
from service_defaults.errors import BusinessRuleViolation, NotFound, PermissionDenied
from shared_events import context
from shared_events.outbox import log, recovery
from tickets_service.tickets.models import POSITION_UNKNOWN, PUBLISHED_FIELDS, Ticket

#: What a seller says of a ticket, by the names of the listing's fields.
TicketDetails = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class OrderEnd:
    """An order has ended: of which ticket, where in the order stream, and the context of what that causes."""

    ticket_id: UUID
    order_id: UUID
    position: int
    cause: context.Context


class TicketNotFound(NotFound):
    """Ticket not found."""


class NotYourTicket(PermissionDenied):
    """Not your ticket."""


class TicketReserved(BusinessRuleViolation):
    """Cannot edit a reserved ticket."""


class SellerSuspended(PermissionDenied):
    """Account suspended."""


def create_ticket(*, seller_id: UUID, details: TicketDetails, now: datetime) -> Ticket:
    """List a ticket. Raises SellerSuspended."""
    if users.is_suspended(seller_id):
        raise SellerSuspended
    ticket = Ticket.objects.create(user_id=seller_id, created_at=now, updated_at=now, **details)
    _record(events.TicketCreated, ticket)
    return ticket


def lock_own_ticket(*, ticket_id: UUID, seller_id: UUID) -> Ticket:
    """Lock and return a ticket that its seller may change now.

    Raises TicketNotFound, NotYourTicket, TicketReserved: in this order.
    """
    ticket = Ticket.objects.select_for_update().filter(id=ticket_id, withdrawn=False).first()
    if ticket is None:
        raise TicketNotFound
    if ticket.user_id != seller_id:
        raise NotYourTicket
    if ticket.is_reserved:
        raise TicketReserved
    return ticket


def update_ticket(*, ticket: Ticket, details: TicketDetails, now: datetime) -> None:
    """Change what the seller says of a locked ticket; a hold that began before keeps its price."""
    for field, value in details.items():
        setattr(ticket, field, value)
    ticket.updated_at = now
    _save(events.TicketEdited, ticket)


def withdraw_ticket(*, ticket: Ticket, now: datetime) -> None:
    """Take a locked ticket off sale for good."""
    ticket.withdrawn, ticket.updated_at = True, now
    _save(events.TicketWithdrawn, ticket)


def withdraw_ticket_for_operator(*, ticket_id: UUID, now: datetime) -> None:
    """Withdraw any user's listing for an operator. Raises TicketNotFound, TicketReserved."""
    ticket = Ticket.objects.filter(id=ticket_id).first()
    if ticket is None:
        raise TicketNotFound
    withdraw_ticket(ticket=lock_own_ticket(ticket_id=ticket_id, seller_id=ticket.user_id), now=now)


def hold_ticket(*, ticket_id: UUID, order_id: UUID, position: int) -> None:
    """An order holds the ticket: it goes off sale. `position` is the event's, in the order stream.

    A hold that reaches a withdrawn listing is refused, and orders ends it. An order that is still noted here
    gives way: orders has one at a time per ticket, so its end is known there and not yet applied here.
    """
    ticket = _lock_for_order(ticket_id, position)
    if ticket is None:
        return
    if ticket.withdrawn:
        ticket.order_position = position
        _save(events.TicketReservationRefused, ticket, order_id=order_id)
        return
    ticket.hold(order_id, position)
    _save(events.TicketReserved, ticket, order_id=order_id)


def mark_sold(*, ticket_id: UUID, order_id: UUID, position: int) -> None:
    """The order that holds the ticket is paid."""
    ticket = _lock_for_order(ticket_id, position)
    if ticket is not None and ticket.order_id == order_id:
        ticket.sell(position)
        _save(events.TicketSold, ticket, order_id=order_id)


def release_tickets(*, ends: list[OrderEnd]) -> None:
    """Orders have ended: the tickets that they hold are on sale again."""
    named = Ticket.objects.filter(id__in=[end.ticket_id for end in ends]).order_by("id").defer("search_words")
    tickets = {ticket.id: ticket for ticket in named.select_for_update()}
    released: dict[UUID, Ticket] = {}
    for end in ends:
        ticket = tickets.get(end.ticket_id)
        if ticket and ticket.order_id == end.order_id and _is_news(ticket, end.position, end.cause):
            ticket.release(end.position)
            ticket.version += 1
            with context.bound(end.cause):
                _record(events.TicketReleased, ticket, order_id=end.order_id)
            released[ticket.id] = ticket
    _write_released(list(released.values()))


def release_lost_hold(*, ticket_id: UUID, order_id: UUID | None) -> None:
    """Put a ticket on sale again whose order is lost or over; one that is another order's stays there."""
    ticket = Ticket.objects.select_for_update().filter(id=ticket_id).first()
    if ticket is not None and order_id is not None and ticket.order_id == order_id:
        ticket.release(ticket.order_position)
        _save(events.TicketReleased, ticket, order_id=order_id)


def _write_released(tickets: list[Ticket]) -> None:
    # Django has no statement that gives each row a value of its own without sending whole rows: ten thousand
    # holds may end at once, and whole rows cost half as much again.
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE tickets_ticket AS ticket
            SET order_id = NULL, sold = false, order_position = released.position, version = released.version
            FROM unnest(%s::uuid[], %s::bigint[], %s::int[]) AS released (id, position, version)
            WHERE ticket.id = released.id
            """,
            [
                [ticket.id for ticket in tickets],
                [ticket.order_position for ticket in tickets],
                [ticket.version for ticket in tickets],
            ],
        )


def _lock_for_order(ticket_id: UUID, position: int) -> Ticket | None:
    ticket = Ticket.objects.select_for_update().filter(id=ticket_id).first()
    return ticket if ticket is not None and _is_news(ticket, position, context.current()) else None


def _is_news(ticket: Ticket, position: int, cause: context.Context) -> bool:
    """Return whether the ticket hasn't had the order event at this position, whose context this is."""
    if ticket.order_position == POSITION_UNKNOWN:
        return not recovery.has_caused(cause.causation_id, ticket.id)
    return ticket.order_position < position


def _save(event: type[events.TicketState], ticket: Ticket, **facts: Any) -> None:
    ticket.version += 1
    ticket.save()
    _record(event, ticket, **facts)


def _record(event: type[events.TicketState], ticket: Ticket, **facts: Any) -> None:
    """Record the event with the listing as it is now; `facts` are the fields that only this event has."""
    state = event(**{name: getattr(ticket, name) for name in PUBLISHED_FIELDS}, **facts)
    log.record(state, aggregate_id=ticket.id, version=ticket.version)
