"""What orders stores of the listings, which tickets owns.

Each write needs a transaction opened by its caller.
"""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import connection

from orders_service.orders.models import TicketReplica
from shared_events.envelope import Envelope

_MODEL = TicketReplica._meta  # noqa: SLF001  public, whatever its name says
_FIELDS = _MODEL.concrete_fields


def _upsert_statement() -> str:
    """Return the statement that stores rows, given as an array of each field's values, where they are newer.

    Django's upsert has no condition: ten thousand listings may change at once, in one statement.
    """
    names = [str(field.column) for field in _FIELDS]
    # The type without its length: a cast to that would shorten a longer text in silence.
    types = [str(field.db_type(connection)).partition("(")[0] for field in _FIELDS]
    arrays = ", ".join(f"%s::{one}[]" for one in types)
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name != "id")
    return (
        f"INSERT INTO {_MODEL.db_table} AS kept ({', '.join(names)}) SELECT * FROM unnest({arrays})"  # noqa: S608  our own names
        f" ON CONFLICT (id) DO UPDATE SET {changes} WHERE kept.version < excluded.version RETURNING id"
    )


_UPSERT_TICKETS = _upsert_statement()


def upsert_ticket_replicas(events: Iterable[Envelope[Any]]) -> set[UUID]:
    """Store the listings as ticket events say that they are; what is older than a replica changes nothing.

    Return the ids of the listings of which an event was newer.
    """
    newest = {event.aggregate_id: event for event in sorted(events, key=attrgetter("version"))}
    rows = [TicketReplica.of(event) for event in newest.values()]
    columns = [[getattr(row, field.attname) for row in rows] for field in _FIELDS]
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT_TICKETS, columns)
        return {ticket_id for (ticket_id,) in cursor.fetchall()}
