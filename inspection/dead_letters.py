"""`events dead-letters`: what could not be applied, in all services, and how to have it tried again."""

from typing import Any

from rich.table import Table

from local_stack.console import out
from local_stack.service_commands import manage, read_json
from local_stack.stack import Stack
from local_stack.user_errors import UserError


class NotParkedHere(UserError):
    """The service has no parked events of its own."""


class NotListed(UserError):
    """A service's parked events can't be read now."""


def dead_letters(stack: Stack) -> int:
    """Print every parked event that failed by itself, by its error; return 1 when any is dead."""
    table = Table("service", "id", "state", "event", "type", "tries", "waiting behind", "error")
    dead = False
    answers = read_json(stack, stack.system.subscribers, "events", "dead-letters", "--json")
    for name, answer in answers.items():
        if answer.error:
            raise NotListed(f"The parked events of {name} can't be listed: {answer.error}")
        # What only waits behind another has no error of its own.
        failed = [row for row in answer.value if row["error"]]
        for row in sorted(failed, key=lambda row: (row["error"], row["stream"], row["position"])):
            table.add_row(name, *_cells(row))
            dead |= row["state"] == "dead"
    if not table.row_count:
        out.print("Every event could be applied.")
        return 0
    out.print(table)
    out.print(
        "Once the code is mended: ./manage_all.py events dead-letters --redrive <service> <id, error or all>"
    )
    return 1 if dead else 0


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    place, counts = f"{row['stream']}:{row['position']}", (str(row["tries"]), str(row["waiting_behind"]))
    return (str(row["id"]), row["state"], place, row["type"], *counts, row["error"])


def redrive(stack: Stack, service_name: str, which: str) -> int:
    """Have a service try parked events again: one, those of one error, or all."""
    service = next((one for one in stack.system.subscribers if one.name == service_name), None)
    if service is None:
        raise NotParkedHere(f"There is no service {service_name!r} that follows others.")
    return manage(stack, service, "events", "dead-letters", "--redrive", which)
