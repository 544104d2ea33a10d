"""Reading this service's own log as envelopes, its archive included."""

from shared_events.envelope import Envelope, RawEnvelope
from shared_events.models import ArchivedEvent, LoggedEvent

_FIELDS = Envelope.__struct_fields__
#: The columns of the log are named as the envelope's fields are, but for the id.
_COLUMNS = ["event_id" if name == "id" else name for name in _FIELDS]


def envelopes_after(stream: str, position: int, limit: int) -> tuple[RawEnvelope | None, list[RawEnvelope]]:
    """Return the event at `position`, None when there is none, and up to `limit` events after it."""
    envelopes = _envelopes(stream, max(position, 1), limit + 1)
    if envelopes and envelopes[0].position == position:
        return envelopes[0], envelopes[1:]
    return None, envelopes[:limit]


def _envelopes(stream: str, first: int, count: int) -> list[RawEnvelope]:
    def read(table: type[LoggedEvent | ArchivedEvent]) -> list[RawEnvelope]:
        rows = table.objects.filter(stream=stream, position__gte=first).order_by("position")
        columns = rows.values_list(*_COLUMNS)[:count]
        return [RawEnvelope(**dict(zip(_FIELDS, row, strict=True))) for row in columns]

    envelopes = read(LoggedEvent)
    if envelopes and envelopes[0].position == first:
        return envelopes
    # What is older than the log's beginning was archived.
    return [*read(ArchivedEvent), *envelopes][:count]
