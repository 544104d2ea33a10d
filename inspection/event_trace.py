"""`events trace`: one order across all services, from the buyer's click to the last effect."""

from uuid import UUID

from rich.table import Table

from inspection.event_logs import LoggedEvent, Logs
from local_stack.console import out
from local_stack.stack import Stack
from local_stack.user_errors import UserError
from shared_events.found_events import trace_of, with_effects


class NoSuchOrder(UserError):
    """There is no order with this id."""


def trace(stack: Stack, order: str) -> int:
    """Print when what was published about an order, by which service, and because of what."""
    try:
        wanted = UUID(order)
    except ValueError:
        raise NoSuchOrder(f"{order!r} is no order's id.") from None
    with Logs(stack) as logs:
        story = of_order(logs, wanted)
    if not story:
        raise NoSuchOrder(f"No service has published an event of an order {wanted}.")
    _print(wanted, story)
    return 0


def of_order(logs: Logs, order: UUID) -> list[LoggedEvent]:
    """Return what was published about an order, its payments, and its ticket while it was the order's.

    An event belongs to it that names it, or that was caused by such an event.
    """
    return with_effects(
        logs.find("--about", str(order), "--field", "order_id"),
        lambda ids: logs.find("--caused-by", *map(str, ids)),
    )


def _print(order: UUID, story: list[LoggedEvent]) -> None:
    table = Table("", "after", "service", "event", "because of", "request", title=f"Order {order}")
    for event, (number, after, *more) in zip(story, trace_of(story), strict=True):
        table.add_row(number, after, event.service, *more)
    out.print(table)
    out.print(f"It began at {story[0].occurred_at.astimezone():%Y-%m-%d %H:%M:%S}.")
