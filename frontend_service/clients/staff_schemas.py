"""The staff APIs' responses as frozen dataclasses, parsed from camelCase JSON.

Every `from_json` raises KeyError, TypeError or ValueError for invalid data; unknown fields are ignored.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from frontend_service.clients.schemas import Amount, Json


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _moment(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _number(value: Any) -> float:
    """A number, whole where it is whole. Raises TypeError for anything else."""
    if not isinstance(value, int | float):
        raise TypeError(f"not a number: {value!r}")
    return value


@dataclass(frozen=True, kw_only=True)
class _Plain:
    """A schema whose fields are the JSON's values as they are."""

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Parse an object with these fields."""
        return cls(**{one.name: data[_camel(one.name)] for one in fields(cls)})


@dataclass(frozen=True, kw_only=True)
class PublishedStream(_Plain):
    """A stream that the service publishes; ages are in seconds."""

    stream: str
    head: int
    unpublished_events: int
    oldest_unpublished_seconds: float | None


@dataclass(frozen=True, kw_only=True)
class FollowedStream(_Plain):
    """A stream that the service follows, up to `position`; `halted_seconds` is for how long it has halted."""

    stream: str
    position: int
    head: int
    lag_events: int
    halted_seconds: float | None
    halt_reason: str

    @property
    def is_halted(self) -> bool:
        """Whether the service has stopped applying it."""
        return self.halted_seconds is not None


@dataclass(frozen=True, kw_only=True)
class SkippedRange(_Plain):
    """Positions that a resumed stream left behind."""

    stream: str
    first_position: int
    last_position: int
    description: str


@dataclass(frozen=True, kw_only=True)
class Lease(_Plain):
    """The relay's lease; `free_seconds` is for how long no relay has held it."""

    is_held: bool
    free_seconds: float | None


@dataclass(frozen=True, kw_only=True)
class EventStatus:
    """The state of one service's events; ages are in seconds."""

    published: list[PublishedStream]
    followed: list[FollowedStream]
    skipped: list[SkippedRange]
    lease: Lease
    unsent_commands: int
    oldest_unsent_command_seconds: float | None
    parked_events: int
    oldest_parked_event_seconds: float | None
    dead_letters: int
    oldest_dead_letter_seconds: float | None
    lag_events: int

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Parse `staff/events`."""
        nested: Json = {
            "published": [PublishedStream.from_json(item) for item in data["published"]],
            "followed": [FollowedStream.from_json(item) for item in data["followed"]],
            "skipped": [SkippedRange.from_json(item) for item in data["skipped"]],
            "lease": Lease.from_json(data["lease"]),
        }
        plain = {one.name: data[_camel(one.name)] for one in fields(cls) if one.name not in nested}
        return cls(**nested, **plain)

    @property
    def halted(self) -> list[FollowedStream]:
        """The followed streams that are halted."""
        return [stream for stream in self.followed if stream.is_halted]


@dataclass(frozen=True, kw_only=True)
class ParkedEvent:
    """A parked event. `state` is `dead`, `parked` or `waiting`; in a list the last two fields are empty."""

    id: str
    state: str
    stream: str
    position: int
    type: str
    aggregate_id: str
    tries: int
    error: str
    parked_at: datetime | None
    dead_at: datetime | None
    next_try_at: datetime | None
    waiting_behind: int
    handlers: list[str]
    traceback: str
    envelope: Json

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Parse one of `staff/events/parked`."""
        return cls(
            id=str(data["id"]),
            state=str(data["state"]),
            stream=str(data["stream"]),
            position=int(data["position"]),
            type=str(data["type"]),
            aggregate_id=str(data["aggregateId"]),
            tries=int(data["tries"]),
            error=str(data.get("error") or ""),
            parked_at=_moment(data.get("parkedAt")),
            dead_at=_moment(data.get("deadAt")),
            next_try_at=_moment(data.get("nextTryAt")),
            waiting_behind=int(data.get("waitingBehind") or 0),
            handlers=[str(name) for name in data.get("handlers") or []],
            traceback=str(data.get("traceback") or ""),
            envelope=data.get("envelope") or {},
        )


@dataclass(frozen=True, kw_only=True)
class LostEvent:
    """An event that was received, and that the publisher's log doesn't have any more."""

    position: int
    type: str
    aggregate_id: str
    occurred_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class HaltedStream:
    """A followed stream, and the first of the `lost_count` events that resuming it would lose."""

    followed: FollowedStream
    lost: list[LostEvent]
    lost_count: int

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Parse `staff/events/streams/{stream}`."""
        lost = [
            LostEvent(
                position=int(item["position"]),
                type=str(item["type"]),
                aggregate_id=str(item["aggregateId"]),
                occurred_at=_moment(item.get("occurredAt")),
            )
            for item in data["lost"]
        ]
        return cls(
            followed=FollowedStream.from_json(data), lost=lost, lost_count=int(data.get("lostCount") or 0)
        )


@dataclass(frozen=True, kw_only=True)
class LogEvent:
    """An event of a service's log, with its raw JSON."""

    id: str
    type: str
    aggregate_id: str
    version: int
    occurred_at: datetime
    correlation_id: str
    causation_id: str
    data: Json
    raw: Json

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Parse one of `staff/events/log`."""
        return cls(
            id=str(data["eventId"]),
            type=str(data["type"]),
            aggregate_id=str(data["aggregateId"]),
            version=int(data["version"]),
            occurred_at=datetime.fromisoformat(data["occurredAt"]),
            correlation_id=str(data.get("correlationId") or ""),
            causation_id=str(data.get("causationId") or ""),
            data=dict(data.get("data") or {}),
            raw=data,
        )


@dataclass(frozen=True, kw_only=True)
class Match:
    """A match of the search; `related` are the ids of what else belongs to it."""

    kind: str
    id: UUID
    label: str
    detail: str
    at: datetime | None

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Parse one of `staff/search`."""
        return cls(
            kind=str(data["kind"]),
            id=UUID(str(data["id"])),
            label=str(data.get("label") or ""),
            detail=str(data.get("detail") or ""),
            at=_moment(data.get("at")),
        )


@dataclass(frozen=True, kw_only=True)
class Number:
    """A figure of today. Of money `amount` is the sum; `link` is a query for the list behind it."""

    name: str
    label: str
    value: float
    link: str
    amount: Amount | None

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Parse one of `staff/today`."""
        link = str(data.get("link") or "")
        return cls(
            name=str(data["name"]),
            label=str(data.get("label") or ""),
            value=_number(data["value"]),
            link=link.rpartition("?")[2],
            amount=Amount.from_json(data) if data.get("amount") is not None else None,
        )
