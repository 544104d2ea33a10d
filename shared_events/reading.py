"""Reading this service's own log as envelopes, its archive included."""

from shared_events.envelope import RawEnvelope
from shared_events.models import ArchivedEvent, LoggedEvent


def envelopes_after(stream: str, position: int, limit: int) -> tuple[RawEnvelope | None, list[RawEnvelope]]:
    """Return the event at `position`, None when there is none, and up to `limit` events after it."""
    envelopes = [_envelope(row) for row in _rows(stream, max(position, 1), limit + 1)]
    if envelopes and envelopes[0].position == position:
        return envelopes[0], envelopes[1:]
    return None, envelopes[:limit]


def _rows(stream: str, first: int, count: int) -> list[LoggedEvent | ArchivedEvent]:
    def read(table: type[LoggedEvent | ArchivedEvent]) -> list[LoggedEvent | ArchivedEvent]:
        return list(table.objects.filter(stream=stream, position__gte=first).order_by("position")[:count])

    rows = read(LoggedEvent)
    if rows and rows[0].position == first:
        return rows
    # What is older than the log's beginning was archived.
    return [*read(ArchivedEvent), *rows][:count]


def _envelope(row: LoggedEvent | ArchivedEvent) -> RawEnvelope:
    assert row.position is not None
    return RawEnvelope(
        stream=row.stream,
        position=row.position,
        id=row.event_id,
        type=row.type,
        schema_version=row.schema_version,
        aggregate_id=row.aggregate_id,
        version=row.version,
        occurred_at=row.occurred_at,
        correlation_id=row.correlation_id,
        causation_id=row.causation_id,
        traceparent=row.traceparent,
        data=row.data,
    )
