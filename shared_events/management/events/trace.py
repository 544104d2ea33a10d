"""Trace one aggregate, such as an order, through this service's log.

Prints its events, those of others whose data has its id, and what these led to, oldest first. Events of other
services are in their logs: run it there, too.
"""

from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser, OutputWrapper

from shared_events.found_events import FoundEvent, trace_of, with_effects
from shared_events.management.events.tables import aligned
from shared_events.outbox.log_search import search
from shared_events.settings import event_settings


def add_arguments(parser: CommandParser) -> None:
    """Take the aggregate."""
    parser.add_argument("id", type=UUID, help="the aggregate's id")


def run(options: dict[str, Any], out: OutputWrapper) -> None:
    """Print it, and that it isn't all. Raises CommandError where the log has nothing."""
    service = event_settings().service
    story = with_effects(_find(about=options["id"], in_any_field=True), lambda ids: _find(caused_by=ids))
    others = f"This is the log of {service} alone; events of other services are in their logs."
    if not story:
        raise CommandError(f"No event about {options['id']}. {others}")
    out.write(aligned(trace_of(story)))
    out.write(f"It began at {story[0].occurred_at:%Y-%m-%d %H:%M:%S} UTC.")
    out.write(others)


def _find(**criteria: Any) -> list[FoundEvent]:
    return [FoundEvent(**row) for row in search(**criteria)]
