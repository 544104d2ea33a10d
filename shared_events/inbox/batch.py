"""What a message brings: consecutive events of one stream, as they are decoded from it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise
from uuid import UUID

from shared_events.envelope import RawEnvelope, load


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Consecutive envelopes of one stream, and the id of the one before them.

    `head` is how far the publisher is known to be: to the end of the batch by a push, to the end of its log
    by an answer to catch-up. `text` is what the envelopes were decoded from, where all of it is there.
    """

    stream: str
    events: list[RawEnvelope]
    previous_id: UUID | None
    head: int
    text: str | None = None

    def after(self, position: int) -> "Batch":
        """Return what lies past `position`."""
        skipped = [event for event in self.events if event.position <= position]
        if not skipped:
            return self
        rest = self.events[len(skipped) :]
        return Batch(stream=self.stream, events=rest, previous_id=skipped[-1].id, head=self.head)

    def singles(self) -> "Iterator[Batch]":
        """Yield each of its events by itself."""
        previous_id = self.previous_id
        for event in self.events:
            yield Batch(stream=self.stream, events=[event], previous_id=previous_id, head=self.head)
            previous_id = event.id


class ApplyResult(Enum):
    """What became of a batch."""

    UP_TO_DATE = auto()
    MORE_TO_COME = auto()
    GAP = auto()
    HALTED = auto()


def batch_from_wire(stream: str, events: str, previous_id: str | None, head: int) -> Batch:
    """Decode a message. Raises ValueError or TypeError when it isn't a batch of `stream`."""
    envelopes = load(events)
    for before, event in pairwise(envelopes):
        if event.position != before.position + 1:
            raise ValueError(f"positions {before.position} and {event.position} aren't consecutive")
    if any(event.stream != stream for event in envelopes):
        raise ValueError(f"an envelope isn't of the stream {stream}")
    return Batch(
        stream=stream,
        events=envelopes,
        previous_id=UUID(previous_id) if previous_id else None,
        head=head,
        text=events,
    )
