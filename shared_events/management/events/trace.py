"""Trace one aggregate, such as an order, or one request through this service's log.

Prints the aggregate's or the request's events, those whose data has the id, and what all of these led to,
oldest first. Events of other services are in their logs: run it there, too.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.core.management.base import CommandError, CommandParser, OutputWrapper

from shared_events.found_events import FoundEvent, trace_of, with_effects
from shared_events.management.events.tables import aligned
from shared_events.outbox.log_search import events_about, search
from shared_events.settings import event_settings


def add_arguments(parser: CommandParser) -> None:
    """Take whose."""
    parser.add_argument("id", help="of the aggregate, of the request, or of one event")


def run(options: dict[str, Any], out: OutputWrapper) -> None:
    """Print it, and that it isn't all. Raises CommandError where the log has nothing."""
    service, about = event_settings().service, options["id"]
    story = with_effects(_found(events_about(about)), lambda ids: _found(search(caused_by=ids)))
    others = f"This is the log of {service} alone; events of other services are in their logs."
    if not story:
        raise CommandError(f"No event about {about}. {others}")
    out.write(aligned(trace_of(story)))
    out.write(f"It began at {story[0].occurred_at:%Y-%m-%d %H:%M:%S} UTC.")
    out.write(others)


def _found(rows: Iterable[dict[str, Any]]) -> Iterator[FoundEvent]:
    for row in rows:
        yield FoundEvent(**{name: row[name] for name in FoundEvent.__dataclass_fields__})
