"""`events trace`: one order across all services, from the buyer's click to the last effect."""

from uuid import UUID

from rich.table import Table

from local_stack.console import out
from local_stack.inspection.event_logs import Logs, Told
from local_stack.stack import Stack
from local_stack.user_errors import UserError


class NoSuchOrder(UserError):
    """There is no order with this id."""


def trace(stack: Stack, order: str) -> int:
    """Print when what was told about an order, by whom, and because of what."""
    try:
        wanted = UUID(order)
    except ValueError:
        raise NoSuchOrder(f"{order!r} is no order's id.") from None
    story = of_order(Logs(stack), wanted)
    if not story:
        raise NoSuchOrder(f"No service has told anything about an order {wanted}.")
    _print(wanted, story)
    return 0


def of_order(logs: Logs, order: UUID) -> list[Told]:
    """Return what was told about an order, its payments, and its ticket while it was the order's.

    An event belongs to it that names it, or that was caused by such an event.
    """
    found = {
        told.event_id: told
        for told in logs.find("aggregate_id = %s OR data->>'order_id' = %s", order, str(order))
    }
    while True:
        causes = list(found)
        more = {told.event_id: told for told in logs.find("causation_id = ANY(%s)", causes)}
        if more.keys() <= found.keys():
            return sorted(found.values(), key=lambda told: (told.occurred_at, told.version))
        found |= more


def _print(order: UUID, story: list[Told]) -> None:
    numbers = {told.event_id: number for number, told in enumerate(story, 1)}
    began = story[0].occurred_at
    table = Table("", "after", "service", "event", "because of", "request", title=f"Order {order}")
    for number, told in enumerate(story, 1):
        after = (told.occurred_at - began).total_seconds()
        cause = numbers.get(told.causation_id) if told.causation_id else None
        because = f"#{cause}" if cause else "an earlier event" if told.causation_id else "a request, a timer"
        table.add_row(
            f"#{number}", f"{after:8.3f} s", told.service, f"{told.type} v{told.version}", because,
            told.correlation_id,
        )  # fmt: skip
    out.print(table)
    out.print(f"It began at {began.astimezone():%Y-%m-%d %H:%M:%S}.")
