"""Many listings at once, with their events, as if a seller had been busy for a year."""

from uuid import uuid4

import psycopg

from tests.running_stack import RunningStack

_LIST = """
    WITH listed AS (
        INSERT INTO tickets_ticket (id, user_id, title, price, currency, description, venue,
                                    order_position, sold, withdrawn, version, created_at, updated_at)
        SELECT uuidv7(), %(seller)s, 'Drill ' || n, 10, 'USD', '', '', 0, false, false, 1, now(), now()
        FROM generate_series(1, %(count)s) AS n
        RETURNING *
    )
    INSERT INTO shared_events_loggedevent (stream, event_id, type, schema_version, aggregate_id, version,
                                           occurred_at, correlation_id, traceparent, data)
    SELECT 'ticket', uuidv7(), 'ticket.created', 1, id, 1, now(), 'drill', '', jsonb_build_object(
        'title', title, 'price', price::text, 'currency', currency, 'user_id', user_id, 'status', 'available',
        'created_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
    FROM listed
"""


def list_many(stack: RunningStack, count: int) -> None:
    """List so many tickets in one transaction, past the tickets service's own code."""
    with psycopg.connect(stack.database_url("tickets")) as connection:
        connection.execute(_LIST, {"seller": uuid4(), "count": count})
