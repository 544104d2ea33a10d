"""The writes: note what was seen, and keep the replicas up to date."""

from datetime import datetime
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from shared_events.contracts import Event
from shared_events.envelope import Envelope
from tests.chaos.audit_service.audit.models import Seen

_UPSERT = """
    INSERT INTO audit_replica (id, stream, version, type, data)
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::int[], %s::text[], %s::jsonb[])
    ON CONFLICT (id) DO UPDATE
    SET version = excluded.version, type = excluded.type, data = excluded.data
    WHERE audit_replica.version < excluded.version
"""


def note(*, events: list[Envelope[Event]], now: datetime) -> None:
    """Write down that these events took effect."""
    Seen.objects.bulk_create(
        Seen(stream=one.stream, position=one.position, event_id=one.id, seen_at=now) for one in events
    )


def keep(*, events: list[Envelope[Event]]) -> None:
    """Bring each aggregate to where its last event among these left it."""
    last = {one.aggregate_id: one for one in events}.values()
    columns: list[list[Any]] = [
        [one.aggregate_id for one in last],
        [one.stream for one in last],
        [one.version for one in last],
        [one.type for one in last],
        [Jsonb(one.data.to_data()) for one in last],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, columns)
