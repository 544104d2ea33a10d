"""Reading this service's own log as envelopes, its archive included.

What is read is bounded by bytes as well as by count, and data that no message could carry is left out.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.db import connection

from shared_events.envelope import Envelope, PublishedEnvelope
from shared_events.models import ArchivedEvent, LoggedEvent
from shared_events.settings import event_settings

_FIELDS = Envelope.__struct_fields__
_COMPUTED = {
    "id": "event_id",
    "data": "CASE WHEN data_bytes <= %(batch_bytes)s THEN data ELSE '{}' END",
    "omitted_bytes": "CASE WHEN data_bytes <= %(batch_bytes)s THEN 0 ELSE data_bytes END",
}
#: What is read of an event. The columns are named as the envelope's fields are, but for these.
COLUMNS = ", ".join(_COMPUTED.get(name, name) for name in _FIELDS)

_AFTER = f"""
    SELECT {COLUMNS} FROM (
        SELECT *, sum(read_bytes) OVER (ORDER BY position) - read_bytes AS bytes_before FROM (
            SELECT *, CASE WHEN data_bytes <= %(batch_bytes)s THEN data_bytes ELSE 0 END AS read_bytes
            FROM {{table}}
            WHERE stream = %(stream)s AND position >= %(first)s AND position <= %(upto)s
              AND (%(types)s::text[] IS NULL OR type = ANY(%(types)s))
            ORDER BY position LIMIT %(count)s
        ) AS page
    ) AS measured WHERE bytes_before < %(page_bytes)s ORDER BY position
"""  # noqa: S608 (our own names)
_NO_END = 2**63 - 1


def envelope_of(row: Sequence[Any]) -> PublishedEnvelope:
    """Return the envelope of a row with these COLUMNS, read by a statement of our own (`data` is text)."""
    values = dict(zip(_FIELDS, row, strict=True))
    return PublishedEnvelope(**values | {"data": msgspec.Raw(values["data"].encode())})


def envelopes_after(
    stream: str, position: int, limit: int
) -> tuple[PublishedEnvelope | None, list[PublishedEnvelope]]:
    """Return the event at `position`, None when there is none, and up to `limit` events after it.

    There are fewer where more would be too many bytes, but one at least if there is one.
    """
    found = _read(LoggedEvent, stream, position, limit + 1)
    if not found or found[0].position > max(position, 1):
        # What is older than the log's beginning was archived.
        archived = _read(ArchivedEvent, stream, position, limit + 1)
        # Many bytes may have ended the page before the archive's own end.
        joins = not archived or (found and found[0].position == archived[-1].position + 1)
        found = [*archived, *found] if joins else archived
    if found and found[0].position == position:
        return found[0], found[1 : limit + 1]
    return None, found[:limit]


def envelopes_of_types(
    stream: str, types: Sequence[str], *, after: int, upto: int, limit: int
) -> list[PublishedEnvelope]:
    """Return up to `limit` events of these types after a position and up to another, in order."""
    found: list[PublishedEnvelope] = []
    for table in (ArchivedEvent, LoggedEvent):  # what was archived is older
        if not found:
            found = _read(table, stream, after + 1, limit, upto=upto, types=list(types))
    return found


def _read(
    table: type[LoggedEvent | ArchivedEvent],
    stream: str,
    first: int,
    count: int,
    *,
    upto: int = _NO_END,
    types: list[str] | None = None,
) -> list[PublishedEnvelope]:
    values: Mapping[str, Any] = {
        "stream": stream,
        "first": first,
        "upto": upto,
        "types": types,
        "count": count,
        **byte_limits(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_AFTER.replace("{table}", table._meta.db_table), values)  # noqa: SLF001
        return [envelope_of(row) for row in cursor]


def byte_limits() -> dict[str, int]:
    """Return how many bytes of data a message may carry, and how many are read at once at the most."""
    most = event_settings().batch_bytes
    # The first may be large and is often there only to be compared.
    return {"batch_bytes": most, "page_bytes": 2 * most}
