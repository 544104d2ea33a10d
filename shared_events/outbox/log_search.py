"""Finding events in this service's log and its archive, for diagnosis."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

_COLUMNS = (
    "id, stream, position, event_id, type, schema_version, aggregate_id, version, occurred_at,"
    " correlation_id, causation_id, data"
)
# A criterion that isn't given is a constant for the planner, and so costs nothing.
_SEARCH = f"""
    SELECT {_COLUMNS} FROM (
        SELECT {_COLUMNS} FROM shared_events_archivedevent
        UNION ALL SELECT {_COLUMNS} FROM shared_events_loggedevent
    ) AS event
    WHERE id > %(after_id)s
      AND (%(stream)s::text IS NULL OR stream = %(stream)s)
      AND (%(position)s::bigint IS NULL OR position = %(position)s)
      AND (%(about)s::uuid IS NULL OR aggregate_id = %(about)s OR data->>%(field)s = %(about)s::text
           OR (%(in_any_field)s AND data::text LIKE '%%"' || %(about)s::text || '"%%'))
      AND (%(caused_by)s::uuid[] IS NULL OR causation_id = ANY(%(caused_by)s))
    ORDER BY id DESC LIMIT %(last)s
"""  # noqa: S608 (our own names)


def search(
    *,
    stream: str | None = None,
    position: int | None = None,
    after_id: int = 0,
    about: UUID | None = None,
    field: str | None = None,
    in_any_field: bool = False,
    caused_by: Sequence[UUID] | None = None,
    last: int | None = None,
) -> list[dict[str, Any]]:
    """Return the events that meet all criteria given, oldest first; with `last` only the newest so many.

    `after_id` is a row's id. `about` is an aggregate's id: its own events, and with `field` those of others
    whose data has the id in that field, with `in_any_field` in any. `caused_by` are ids of events that led to
    others directly. A row has the columns of the log; its `position` is None until the relay has given it.
    """
    values = {
        "stream": stream, "position": position, "after_id": after_id, "about": about, "field": field,
        "in_any_field": in_any_field, "last": last,
        "caused_by": None if caused_by is None else list(caused_by),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SEARCH, values)
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor]
    return [row | {"data": json.loads(row["data"])} for row in reversed(rows)]
