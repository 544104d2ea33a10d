"""Comparing who holds which ticket with orders' own list of its orders: a restore may have parted the two.

Nothing is locked and nothing is changed. What moved since the list was made doesn't count.
"""

from collections.abc import Iterator
from typing import NamedTuple

from contracts.order_export import ExportedOrder, OrderExport, paired
from tickets_service.tickets import queries
from tickets_service.tickets.models import Ticket

_END_LOST = "free it by `reconcile --orders FILE --end-lost`"
_DEAD_LETTERS = "look into `events dead-letters`"


class Difference(NamedTuple):
    """What differs and what to do about it. `lost_hold` is a ticket that is held for no order at all."""

    text: str
    lost_hold: Ticket | None = None


def differences(export: OrderExport) -> Iterator[Difference]:
    """Yield each difference in words, by the orders' ids. Raises UnreadableExport."""
    held = queries.list_held(first_order_id=export.header.first_id)
    for order, ticket in paired(export.orders(), held, "order_id"):
        if ticket is not None and ticket.order_position > export.header.position:
            continue
        if order is None or not order.is_live:
            yield from _without_live_order(ticket, order)
        elif order.is_published:
            text = _of_held(order, ticket) if ticket else _of_free(order, export.header.position)
            yield from [Difference(text)] if text else []


def _without_live_order(ticket: Ticket | None, order: ExportedOrder | None) -> Iterator[Difference]:
    """The order is over, or orders doesn't have it."""
    if ticket is None or (order is not None and not order.is_published):
        return
    is_held = (
        f"it is sold to order {ticket.order_id}" if ticket.sold else f"it is held for order {ticket.order_id}"
    )
    why = "which is cancelled" if order else "which orders doesn't have"
    yield Difference(f"ticket {ticket.id}: {is_held}, {why}: {_END_LOST}", ticket)


def _of_held(order: ExportedOrder, ticket: Ticket) -> str:
    """The ticket names the order: it must be the order's, and sold exactly when that is complete."""
    if order.ticket_id != ticket.id:
        held = f"it is held for order {order.id}, which is of ticket {order.ticket_id}"
        return f"ticket {ticket.id}: {held}: {_DEAD_LETTERS}"
    if ticket.sold != (order.status == "complete"):
        held = f"it is {'sold' if ticket.sold else 'held'}, and its order {order.id} is {order.status}"
        return f"ticket {ticket.id}: {held}: {_DEAD_LETTERS}"
    return ""


def _of_free(order: ExportedOrder, position: int) -> str:
    """No ticket names the order, which is alive."""
    ticket = queries.find_ticket(order.ticket_id)
    if ticket is not None and ticket.order_position > position:
        return ""
    where = "isn't here"
    if ticket is not None:
        where = f"is held for order {ticket.order_id}" if ticket.order_id else "is free"
    mend = "end the hold in the orders admin"
    if order.status == "complete":
        mend = f"refund payment {order.payment_id} in the payments admin, which ends the sale"
    return f"order {order.id}: its ticket {order.ticket_id} {where}: {_DEAD_LETTERS}, or {mend}"
