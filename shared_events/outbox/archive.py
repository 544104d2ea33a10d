"""Moving old events out of the log, so that it stays small; nothing is ever deleted."""

from datetime import datetime

from django.db import connection, transaction

#: Events moved in one transaction.
PAGE = 5_000

_MOVE = """
    WITH old AS (
        SELECT id FROM shared_events_loggedevent
        WHERE stream = %(stream)s AND position <= %(upto)s ORDER BY position LIMIT %(page)s
    ), moved AS (
        DELETE FROM shared_events_loggedevent AS event USING old WHERE event.id = old.id RETURNING event.*
    )
    INSERT INTO shared_events_archivedevent (id, stream, position, event_id, type, schema_version,
        aggregate_id, version, occurred_at, correlation_id, causation_id, traceparent, data)
    SELECT id, stream, position, event_id, type, schema_version, aggregate_id,
        version, occurred_at, correlation_id, causation_id, traceparent, data
    FROM moved
"""
# The newest event stays: the next one names it as the one before.
_UPTO = """
    SELECT coalesce(max(position), 0) FROM shared_events_loggedevent
    WHERE stream = %(stream)s AND occurred_at < %(before)s
      AND position <= (SELECT published FROM shared_events_publishedstream WHERE stream = %(stream)s)
      AND position < (SELECT max(position) FROM shared_events_loggedevent WHERE stream = %(stream)s)
"""


def archive(stream: str, *, before: datetime) -> int:
    """Move the published events of a stream that are older than `before`; return how many were moved.

    They go page by page from the oldest on: an interrupted run leaves a whole log and a whole archive.
    """
    with connection.cursor() as cursor:
        cursor.execute(_UPTO, {"stream": stream, "before": before})
        [upto] = cursor.fetchone()
        total: int = 0
        while True:
            with transaction.atomic():
                cursor.execute(_MOVE, {"stream": stream, "upto": upto, "page": PAGE})
                moved: int = cursor.rowcount
            total += moved
            if moved < PAGE:
                return total
