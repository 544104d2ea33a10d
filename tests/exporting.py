"""An export of orders as the tests of those who compare theirs with it need one."""

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import timezone

from contracts.order_export import ExportedOrder, ExportHeader, lines
from shared_events.ids import uuid7
from shared_events.models import Cursor

#: Where the order stream ends in these tests.
POSITION = 1_000_000


def exported(order_id: UUID, status: str = "created", **details: Any) -> ExportedOrder:
    """Return an order as orders has it."""
    values: dict[str, Any] = {
        "ticket_id": uuid7(),
        "amount": Decimal("19.99"),
        "currency": "USD",
        "payment_id": None,
        "is_published": True,
    }
    return ExportedOrder(id=order_id, status=status, **values | details)  # type: ignore[arg-type]


def write_export(
    folder: Path,
    orders: Iterable[ExportedOrder] = (),
    *,
    position: int = POSITION,
    first_id: UUID | None = None,
) -> Path:
    """Write an export of these orders, and have this service applied the stream up to its end."""
    Cursor.objects.update_or_create(stream="order", defaults={"position": POSITION})
    header = ExportHeader(exported_at=timezone.now(), position=position, first_id=first_id or UUID(int=0))
    file = folder / "orders.jsonl"
    file.write_text("\n".join(lines(header, sorted(orders, key=lambda order: order.id))) + "\n")
    return file
