"""What this service has received of another's stream: its publisher may have lost it since."""

from collections.abc import Iterator

from shared_events.envelope import RawEnvelope, load
from shared_events.models import ReceivedBatch


def received_events(stream: str, *, after: int = 0) -> Iterator[RawEnvelope]:
    """Yield the events of a stream past a position that were applied here lately, in order, each once."""
    reached = after
    batches = ReceivedBatch.objects.filter(stream=stream, last_position__gt=after)
    for batch in batches.order_by("last_position", "id").iterator(chunk_size=100):
        for event in load(batch.events):
            if event.position > reached:
                reached = event.position
                yield event
