"""What the parent may ask of orders."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from contracts.order import OrderCompleted
from orders_service.orders import operations, replicas, tasks
from orders_service.orders.models import Order, TicketReplica
from tests.model.child.pipe import Clock, Command, Pipe

__all__ = ["GUARDS", "commands", "snapshot"]

HOLD = timedelta(minutes=15)


def commands(pipe: Pipe, clock: Clock) -> dict[str, Command]:
    """Return the commands by name; each opens its transaction, as the routes do."""
    return {
        "place_order": lambda **given: place_order(now=clock(), **given),
        "cancel_order": cancel_order,
        "extend_order": lambda **given: extend_order(now=clock(), **given),
        "sweep": tasks.expire_due_orders,
        operations.EXPIRE_DUE_ORDERS: tasks.expire_due_orders,
        "restore_unique_index": restore_unique_index,
    }


def snapshot() -> dict[str, Any]:
    """Return every order, and the copies of the listings."""
    fields = (
        *("id", "user_id", "status", "expires_at", "extended", "ticket_id", "ticket_title", "ticket_price"),
        *("ticket_currency", "ticket_version", "current_payment_id", "payment_id", "last_payment_position"),
        *("cancel_reason", "version", "created_at"),
    )
    copies = TicketReplica.objects.values("id", "price", "withdrawn", "version")
    return {
        "orders": {str(row["id"]): row for row in Order.objects.order_by("id").values(*fields)},
        "ticket_copies": {str(row["id"]): row for row in copies},
    }


def place_order(*, buyer: str, ticket: str, now: datetime) -> str:
    """Hold a ticket; return the order's id."""
    with transaction.atomic():
        order = operations.place_order(buyer_id=UUID(buyer), ticket_id=UUID(ticket), hold=HOLD, now=now)
        return str(order.id)


def cancel_order(*, order: str, buyer: str) -> None:
    """End one's own hold."""
    with transaction.atomic():
        operations.cancel_order(order_id=UUID(order), buyer_id=UUID(buyer))


def extend_order(*, order: str, buyer: str, now: datetime) -> None:
    """Ask for more time."""
    with transaction.atomic():
        operations.extend_order(order_id=UUID(order), buyer_id=UUID(buyer), now=now)


def remove_unique_index() -> None:
    """Let several orders hold one ticket."""
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX one_live_order_per_ticket")


def restore_unique_index() -> None:
    """Make it again; the table is empty."""
    [index] = [c for c in Order._meta.constraints if c.name == "one_live_order_per_ticket"]
    with connection.schema_editor() as editor:
        editor.add_constraint(Order, index)


def remove_status_check() -> None:
    """Let an authorisation complete an order whatever has become of it."""

    def complete_order(*, order_id: UUID, payment_id: UUID) -> None:
        order = Order.objects.select_for_update().get(id=order_id)
        order.cancel_reason = ""
        order.complete(payment_id)
        operations._save(OrderCompleted, order, payment_id=payment_id)

    operations.complete_order = complete_order


def remove_ticket_version() -> None:
    """Take every word on a listing for the newest."""
    replicas._UPSERT_TICKETS = replicas._UPSERT_TICKETS.replace("WHERE kept.version < excluded.version", "")


GUARDS = {
    "unique_index": remove_unique_index,
    "status_check": remove_status_check,
    "ticket_version": remove_ticket_version,
}
