"""The envelope around an event: where it stands in its stream, whose it is and what led to it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

D = TypeVar("D")


class Envelope(msgspec.Struct, Generic[D], frozen=True, kw_only=True):
    """One event on its way. `data` is raw JSON on the wire and the contract's struct in a handler."""

    stream: str
    position: int
    id: UUID
    type: str
    schema_version: int
    aggregate_id: UUID
    version: int
    occurred_at: datetime
    correlation_id: str
    causation_id: UUID | None
    traceparent: str
    data: D

    def to_wire(self) -> dict[str, Any]:
        """Return the envelope as JSON-ready builtins, as a parked event keeps it."""
        wire: dict[str, Any] = msgspec.to_builtins(self)
        return wire


RawEnvelope = Envelope[dict[str, Any]]
#: As its publisher reads it from the log to send it on: nobody there needs to look into `data`.
PublishedEnvelope = Envelope[msgspec.Raw]

_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(list[RawEnvelope])


def dump(envelopes: Sequence[RawEnvelope | PublishedEnvelope]) -> str:
    """Return envelopes as one JSON text, as messages carry them.

    Celery reads and writes its messages with slow code, and reads each twice: to it this is but a string.
    """
    return _encoder.encode(envelopes).decode()


def load(text: str) -> list[RawEnvelope]:
    """Decode what `dump` made. Raises msgspec.MsgspecError, or TypeError, when it isn't that."""
    return _decoder.decode(text)


def from_wire(wire: dict[str, Any]) -> RawEnvelope:
    """Decode what `to_wire` made. Raises msgspec.ValidationError when it isn't an envelope."""
    return msgspec.convert(wire, RawEnvelope)
