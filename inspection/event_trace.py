"""`events trace`: one order across all services, from the buyer's click to the last effect."""

from uuid import UUID

from rich.table import Table

from inspection.event_logs import LoggedEvent, Logs
from local_stack.console import out
from local_stack.stack import Stack
from local_stack.user_errors import UserError


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
        raise NoSuchOrder(f"No service has told anything about an order {wanted}.")
    _print(wanted, story)
    return 0


def of_order(logs: Logs, order: UUID) -> list[LoggedEvent]:
    """Return what was published about an order, its payments, and its ticket while it was the order's.

    An event belongs to it that names it, or that was caused by such an event.
    """
    found = {event.event_id: event for event in logs.find("--about", str(order), "--field", "order_id")}
    while found:
        caused = logs.find("--caused-by", *map(str, found))
        more = {event.event_id: event for event in caused}
        if more.keys() <= found.keys():
            break
        found |= more
    return sorted(found.values(), key=lambda event: (event.occurred_at, event.version))


def _print(order: UUID, story: list[LoggedEvent]) -> None:
    numbers = {event.event_id: number for number, event in enumerate(story, 1)}
    began = story[0].occurred_at
    table = Table("", "after", "service", "event", "because of", "request", title=f"Order {order}")
    for number, event in enumerate(story, 1):
        after = (event.occurred_at - began).total_seconds()
        cause = numbers.get(event.causation_id) if event.causation_id else None
        because = f"#{cause}" if cause else "an earlier event" if event.causation_id else "a request, a timer"
        table.add_row(
            f"#{number}", f"{after:8.3f} s", event.service, f"{event.type} v{event.version}", because,
            event.correlation_id,
        )  # fmt: skip
    out.print(table)
    out.print(f"It began at {began.astimezone():%Y-%m-%d %H:%M:%S}.")
