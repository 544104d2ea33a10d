"""`events dead-letters`: what could not be applied, in all services, and how to have it tried again."""

from rich.table import Table

from local_stack.console import out
from local_stack.inspection.event_logs import Logs
from local_stack.service_commands import manage
from local_stack.stack import Stack
from local_stack.user_errors import UserError

_PARKED = """
    SELECT id, CASE WHEN dead_at IS NOT NULL THEN 'dead' ELSE 'retrying' END,
           stream || ':' || position, type, tries,
           (SELECT count(*) FROM shared_events_parkedevent behind
            WHERE behind.stream = parked.stream AND behind.aggregate_id = parked.aggregate_id
              AND behind.position > parked.position), error
    FROM shared_events_parkedevent parked WHERE error <> '' ORDER BY error, stream, position
"""


class NotParkedHere(UserError):
    """The service has no parked events of its own."""


def dead_letters(stack: Stack) -> int:
    """Print every parked event that failed by itself, by its error; return 1 when any is dead."""
    logs = Logs(stack)
    table = Table("service", "id", "state", "event", "type", "tries", "waiting behind", "error")
    dead = False
    for service in logs.subscribers:
        for number, state, *cells, error in logs.ask(service, _PARKED):
            table.add_row(service.name, str(number), state, *map(str, cells), error)
            dead |= state == "dead"
    if not table.row_count:
        out.print("Every event could be applied.")
        return 0
    out.print(table)
    out.print(
        "Once the code is mended: ./manage_all.py events dead-letters --redrive <service> <id, error or all>"
    )
    return 1 if dead else 0


def redrive(stack: Stack, service_name: str, which: str) -> int:
    """Have a service try parked events again: one, those of one error, or all."""
    service = next((one for one in Logs(stack).subscribers if one.name == service_name), None)
    if service is None:
        raise NotParkedHere(f"There is no service {service_name!r} that follows others.")
    return manage(stack, service, "dead_letters", "--redrive", which)
