"""What the parent may ask of tickets."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from tests.model.child.pipe import Clock, Command, Pipe
from tickets_service.tickets import operations
from tickets_service.tickets.models import Ticket

__all__ = ["GUARDS", "commands", "snapshot"]


def commands(pipe: Pipe, clock: Clock) -> dict[str, Command]:
    """Return the commands by name; each opens its transaction, as the routes do."""
    return {
        "list_ticket": lambda **given: list_ticket(now=clock(), **given),
        "edit_ticket": lambda **given: edit_ticket(now=clock(), **given),
        "withdraw_ticket": lambda **given: withdraw_ticket(now=clock(), **given),
    }


def snapshot() -> dict[str, Any]:
    """Return every listing."""
    fields = (
        *("id", "user_id", "title", "price", "currency", "description", "venue", "starts_at"),
        *("order_id", "order_position", "sold", "withdrawn", "version", "created_at"),
    )
    return {"tickets": {str(row["id"]): row for row in Ticket.objects.values(*fields)}}


def list_ticket(*, seller: str, price: str, now: datetime) -> str:
    """List a ticket; return its id."""
    with transaction.atomic():
        details = {"title": "Front row", "price": Decimal(price)}
        return str(operations.create_ticket(seller_id=UUID(seller), details=details, now=now).id)


def edit_ticket(*, ticket: str, seller: str, price: str, now: datetime) -> None:
    """Ask another price."""
    with transaction.atomic():
        row = operations.lock_own_ticket(ticket_id=UUID(ticket), seller_id=UUID(seller))
        operations.update_ticket(ticket=row, details={"price": Decimal(price)}, now=now)


def withdraw_ticket(*, ticket: str, seller: str, now: datetime) -> None:
    """Take it off sale."""
    with transaction.atomic():
        row = operations.lock_own_ticket(ticket_id=UUID(ticket), seller_id=UUID(seller))
        operations.withdraw_ticket(ticket=row, now=now)


def remove_order_position() -> None:
    """Take every order event for a new one."""

    def lock_for_order(ticket_id: UUID, position: int) -> Ticket | None:
        return Ticket.objects.select_for_update().filter(id=ticket_id).first()

    operations._lock_for_order = lock_for_order


GUARDS = {"order_position": remove_order_position}
