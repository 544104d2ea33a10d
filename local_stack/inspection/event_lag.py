"""`events lag`: how far each subscriber is behind each stream, and what waits or failed."""

import psycopg
from rich.table import Table

from local_stack.console import errors, out
from local_stack.inspection.event_logs import Logs
from local_stack.stack import Stack
from local_stack.systems import Service
from shared_events.errors import describe

_CURSORS = "SELECT stream, position, halted_at IS NOT NULL FROM shared_events_cursor ORDER BY stream"
_BEHIND = """
    SELECT count(*), coalesce(extract(epoch FROM now() - min(occurred_at)), 0)::float
    FROM shared_events_loggedevent WHERE stream = %s AND (position > %s OR position IS NULL)
"""
_UNPUBLISHED = """
    SELECT count(*), coalesce(extract(epoch FROM now() - min(occurred_at)), 0)::float
    FROM shared_events_loggedevent event LEFT JOIN shared_events_publishedstream published USING (stream)
    WHERE event.position IS NULL OR event.position > coalesce(published, 0)
"""
_SIZES = """
    SELECT (SELECT count(*) FROM shared_events_loggedevent),
           (SELECT count(*) FROM shared_events_archivedevent),
           (SELECT count(*) FROM shared_events_parkedevent WHERE dead_at IS NULL),
           (SELECT count(*) FROM shared_events_parkedevent WHERE dead_at IS NOT NULL)
"""


def lag(stack: Stack) -> int:
    """Print both tables; return 1 when a service can't be asked or has halted a stream."""
    logs, well = Logs(stack), True
    cursors = Table("subscriber", "stream", "position", "behind", "oldest")
    health = Table("service", "in the log", "archived", "unpublished", "oldest", "parked", "dead letters")
    for service in stack.system.running:
        if not service.stateful:
            continue
        try:
            well &= _add_cursors(logs, service, cursors)
            _add_health(logs, service, health)
        except psycopg.Error as error:
            errors.print(f"{service.name} can't be asked: {describe(error)}", markup=False)
            well = False
    out.print(cursors)
    out.print(health)
    return 0 if well else 1


def _add_cursors(logs: Logs, service: Service, table: Table) -> bool:
    well = True
    for stream, position, halted in logs.ask(service, _CURSORS):
        publisher = logs.publisher_of(stream)
        if publisher is None:
            continue
        [[behind, age]] = logs.ask(publisher, _BEHIND, stream, position)
        state = "[bold red]halted[/]" if halted else f"{behind:,}"
        table.add_row(service.name, stream, f"{position:,}", state, f"{age:.1f} s" if behind else "")
        well &= not halted
    return well


def _add_health(logs: Logs, service: Service, table: Table) -> None:
    [[unpublished, age]] = logs.ask(service, _UNPUBLISHED)
    [[logged, archived, parked, dead]] = logs.ask(service, _SIZES)
    oldest = f"{age:.1f} s" if unpublished else ""
    table.add_row(
        service.name, f"{logged:,}", f"{archived:,}", f"{unpublished:,}", oldest, str(parked), str(dead)
    )
