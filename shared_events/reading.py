"""Reading this service's own log as envelopes."""

from shared_events.envelope import RawEnvelope
from shared_events.models import LoggedEvent


def envelopes_after(stream: str, position: int, limit: int) -> tuple[RawEnvelope | None, list[RawEnvelope]]:
    """Return the event at `position`, None when there is none, and up to `limit` events after it."""
    rows = LoggedEvent.objects.filter(stream=stream, position__gte=position).order_by("position")[: limit + 1]
    envelopes = [_envelope(row) for row in rows]
    if envelopes and envelopes[0].position == position:
        return envelopes[0], envelopes[1:]
    return None, envelopes[:limit]


def _envelope(row: LoggedEvent) -> RawEnvelope:
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
