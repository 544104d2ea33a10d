"""Finding events in this service's log and its archive, for diagnosis."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from shared_events.settings import event_settings

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
      AND (%(about)s::uuid IS NULL OR aggregate_id = %(about)s OR data->>%(field)s = %(about)s::text)
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
    caused_by: Sequence[UUID] | None = None,
    last: int | None = None,
) -> list[dict[str, Any]]:
    """Return the events that meet all criteria given, oldest first; with `last` only the newest so many.

    `after_id` is a row's id. `about` is an aggregate's id: its own events, and with `field` those of others
    whose data has the id in that field. `caused_by` are ids of events that led to others directly. A row has
    the columns of the log; its `position` is None until the relay has given it.
    """
    values = {
        "stream": stream, "position": position, "after_id": after_id, "about": about, "field": field,
        "caused_by": None if caused_by is None else list(caused_by), "last": last,
    }  # fmt: skip
    return _rows(_SEARCH, values)


# Note [An id in data is searched for within bounds]
# An aggregate's id, a correlation id and an event's id have indexes. Ids inside `data` have none: an index of
# all of them would be written twice for each event, since the relay adds the position later, and cost those
# who record more than it is worth to those who look. But ids tell their time (UUIDv7), as the events' own ids
# do, which are indexed: what names an id was recorded after it, and mostly soon after. So three parts of the
# log are read: the first `SCANNED` events since the id's time, the newest `SCANNED` events, and those that
# belong to the same requests as what was found otherwise. That takes as long on a log of any size. An event
# outside of these parts that only names the id in its data is not found.
SCANNED = 50_000
#: By how much the clocks of the processes that make ids may differ, in milliseconds.
_CLOCKS_MS = 60_000
_VERSION_WITH_TIME = 7

# As text first, which is faster than looking into each value: few have the id anywhere.
_NAMES_IT = """(
    strpos(data::text, %(text)s) > 0
    AND jsonb_path_exists(data, '$.** ? (@ == $id)', jsonb_build_object('id', %(text)s::text))
)"""
_ABOUT = f"""
    WITH event AS NOT MATERIALIZED (
        SELECT {_COLUMNS}, traceparent FROM shared_events_archivedevent
        UNION ALL SELECT {_COLUMNS}, traceparent FROM shared_events_loggedevent
    ), found AS (
        (SELECT id, correlation_id FROM event
         WHERE stream = ANY(%(streams)s) AND aggregate_id = %(uuid)s::uuid ORDER BY id DESC LIMIT %(most)s)
        UNION (SELECT id, correlation_id FROM event
               WHERE correlation_id = ANY(%(requests)s) ORDER BY id DESC LIMIT %(most)s)
        UNION SELECT id, correlation_id FROM event WHERE event_id = %(uuid)s::uuid
        UNION SELECT id, correlation_id FROM (
            SELECT * FROM event WHERE event_id >= %(since)s::uuid ORDER BY event_id LIMIT %(scanned)s
        ) AS first WHERE {_NAMES_IT}
        UNION SELECT id, correlation_id FROM (
            SELECT * FROM event ORDER BY id DESC LIMIT %(scanned)s
        ) AS newest WHERE {_NAMES_IT}
    ), of_same_requests AS (
        SELECT id FROM event
        WHERE correlation_id = ANY(ARRAY(SELECT DISTINCT correlation_id FROM found LIMIT %(most)s))
          AND {_NAMES_IT} ORDER BY id DESC LIMIT %(most)s
    )
    SELECT {_COLUMNS}, traceparent FROM event
    WHERE id = ANY(ARRAY(SELECT id FROM found UNION SELECT id FROM of_same_requests))
    ORDER BY id DESC LIMIT %(most)s
"""  # noqa: S608 (our own names)


def events_about(about: str, *, most: int = 200) -> list[dict[str, Any]]:
    """Return this service's newest `most` events about an id, oldest first.

    They are an aggregate's own events, those of a request (a correlation id), the event that has the id, and
    the events whose data names it, as far as Note [An id in data is searched for within bounds] says. A row
    has the columns that `search` gives, and `traceparent`.
    """
    as_id = _uuid(about)
    values = {
        "uuid": as_id,
        # Ids of requests are written with hyphens or without.
        "requests": [about] if as_id is None else [about, str(as_id), as_id.hex],
        "text": about if as_id is None else str(as_id),
        "since": as_id and _first_id_since(as_id),
        "streams": [*event_settings().publishes],
        "scanned": 0 if as_id is None else SCANNED,
        "most": most,
    }
    return _rows(_ABOUT, values)


_OF_REQUEST = """
    SELECT DISTINCT aggregate_id FROM (
        SELECT aggregate_id FROM shared_events_loggedevent
        WHERE correlation_id = %(request)s AND stream = %(stream)s
        UNION ALL SELECT aggregate_id FROM shared_events_archivedevent
        WHERE correlation_id = %(request)s AND stream = %(stream)s
    ) AS event LIMIT %(most)s
"""


def aggregates_of_request(correlation_id: str, *, stream: str, most: int = 20) -> list[UUID]:
    """Return the aggregates of one of this service's streams about which a request recorded something."""
    values: dict[str, Any] = {"request": correlation_id, "stream": stream, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(_OF_REQUEST, values)
        return [row[0] for row in cursor]


def _first_id_since(known: UUID) -> UUID | None:
    """Return an id that is smaller than those made when `known` was; None for one that tells no time."""
    if known.version != _VERSION_WITH_TIME:
        return None
    return UUID(int=max((known.int >> 80) - _CLOCKS_MS, 0) << 80)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _rows(query: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor]
    return [row | {"data": json.loads(row["data"])} for row in reversed(rows)]
