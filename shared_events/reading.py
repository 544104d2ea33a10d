"""Reading this service's own log as envelopes, its archive included."""

from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import connection

from shared_events.envelope import Envelope, PublishedEnvelope
from shared_events.models import ArchivedEvent, LoggedEvent

_FIELDS = Envelope.__struct_fields__
#: The columns of the log are named as the envelope's fields are, but for the id.
COLUMNS = tuple("event_id" if name == "id" else name for name in _FIELDS)


def envelope_of(row: Sequence[Any]) -> PublishedEnvelope:
    """Return the envelope of a row with these COLUMNS, read by a statement of our own (`data` is text)."""
    values = dict(zip(_FIELDS, row, strict=True))
    return PublishedEnvelope(**values | {"data": msgspec.Raw(values["data"].encode())})


def envelopes_after(
    stream: str, position: int, limit: int
) -> tuple[PublishedEnvelope | None, list[PublishedEnvelope]]:
    """Return the event at `position`, None when there is none, and up to `limit` events after it."""
    envelopes = _envelopes(stream, max(position, 1), limit + 1)
    if envelopes and envelopes[0].position == position:
        return envelopes[0], envelopes[1:]
    return None, envelopes[:limit]


def _envelopes(stream: str, first: int, count: int) -> list[PublishedEnvelope]:
    def read(table: type[LoggedEvent | ArchivedEvent]) -> list[PublishedEnvelope]:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {', '.join(COLUMNS)} FROM {table._meta.db_table}"  # noqa: S608, SLF001 (our own names)
                " WHERE stream = %s AND position >= %s ORDER BY position LIMIT %s",
                [stream, first, count],
            )
            return [envelope_of(row) for row in cursor]

    envelopes = read(LoggedEvent)
    if envelopes and envelopes[0].position == first:
        return envelopes
    # What is older than the log's beginning was archived.
    return [*read(ArchivedEvent), *envelopes][:count]
