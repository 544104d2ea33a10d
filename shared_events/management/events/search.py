"""Show events of this service's log and its archive that meet all criteria given, oldest first.

Without a criterion, all of them.
"""

from typing import Any
from uuid import UUID

from django.core.management.base import CommandParser

from shared_events.management.events.json_output import JsonOutput
from shared_events.outbox.log_search import search

_CRITERIA = ("stream", "position", "after_id", "about", "field", "caused_by", "last")


def _add_arguments(parser: CommandParser) -> None:
    parser.add_argument("--stream")
    parser.add_argument("--position", type=int)
    parser.add_argument("--after-id", type=int, default=0, metavar="ID", help="rows above this id only")
    parser.add_argument("--about", type=UUID, metavar="ID", help="an aggregate's id")
    parser.add_argument(
        "--field", metavar="NAME", help="with --about: also events whose data has the id in this field"
    )
    parser.add_argument(
        "--caused-by", type=UUID, nargs="+", metavar="ID", help="events that these led to directly"
    )
    parser.add_argument("--last", type=int, metavar="COUNT", help="the newest so many only")


def _read(options: dict[str, Any]) -> list[dict[str, Any]]:
    found = search(**{name: options[name] for name in _CRITERIA})
    return [row | {"occurred_at": row["occurred_at"].isoformat()} for row in found]


def _show(found: list[dict[str, Any]]) -> str:
    """Return a line for each: when, where it stands, its type, its aggregate and its own id."""
    return "\n".join(
        f"{row['occurred_at']}\t{row['stream']}:{row['position'] or 'unsequenced'}\t{row['type']}"
        f"\t{row['aggregate_id']}\t{row['event_id']}"
        for row in found
    )


_OUTPUT = JsonOutput(arguments=_add_arguments, read=_read, show=_show)
add_arguments, run = _OUTPUT.add_arguments, _OUTPUT.run
