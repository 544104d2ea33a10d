"""Events as `manage events search` finds them, and how one led to another.

Plain Python, for programs that read the JSON of several services, too.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, TypeVar
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class FoundEvent:
    """One event in a service's log or its archive. `id` is the row's.

    `position` is None until the relay has given it. `causation_id` is the event that led to it, None where
    that was a request or a timer.
    """

    id: int
    stream: str
    position: int | None
    event_id: UUID
    type: str
    schema_version: int
    aggregate_id: UUID
    version: int
    occurred_at: datetime
    correlation_id: str
    causation_id: UUID | None
    data: dict[str, Any]

    @classmethod
    def from_json(cls, row: Mapping[str, Any], **more: Any) -> Self:
        """Return it from a row of `manage events search --json`; `more` are fields of a subclass."""
        cause = row["causation_id"]
        parsed = {
            "event_id": UUID(row["event_id"]),
            "aggregate_id": UUID(row["aggregate_id"]),
            "occurred_at": datetime.fromisoformat(row["occurred_at"]),
            "causation_id": UUID(cause) if cause else None,
        }
        return cls(**{**row, **parsed}, **more)

    def line(self) -> str:
        """Return when, by this machine's clock, where it stands, its type and its aggregate."""
        at = self.occurred_at.astimezone().strftime("%H:%M:%S.%f")[:-3]
        place = f"{self.stream}:{self.position or 'unsequenced'}"
        return f"{at}  {place:<16} {self.type:<24} {self.aggregate_id}"


Found = TypeVar("Found", bound=FoundEvent)


def with_effects(first: Iterable[Found], caused_by: Callable[[list[UUID]], Iterable[Found]]) -> list[Found]:
    """Return events with all that they led to, oldest first.

    `caused_by` returns the events that those with the given ids led to directly.
    """
    found = {event.event_id: event for event in first}
    new = list(found)
    while new:
        caused = {event.event_id: event for event in caused_by(new)}
        new = [event_id for event_id in caused if event_id not in found]
        found |= caused
    return sorted(found.values(), key=lambda event: (event.occurred_at, event.version))


def trace_of(story: Sequence[FoundEvent]) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield for each event its number, when it occurred, its type, what led to it and the request's id.

    Times are seconds after the first of the story, which is in order.
    """
    numbers = {event.event_id: number for number, event in enumerate(story, 1)}
    for number, event in enumerate(story, 1):
        after = (event.occurred_at - story[0].occurred_at).total_seconds()
        cause = numbers.get(event.causation_id) if event.causation_id else None
        because = f"#{cause}" if cause else "an earlier event" if event.causation_id else "a request, a timer"
        yield f"#{number}", f"{after:8.3f} s", f"{event.type} v{event.version}", because, event.correlation_id
