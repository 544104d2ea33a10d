"""The envelope around an event: where it stands in its stream, whose it is and what led to it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

D = TypeVar("D")


class Envelope(msgspec.Struct, Generic[D], frozen=True, kw_only=True, omit_defaults=True):
    """One event on its way. `data` is raw JSON on the wire and the contract's struct in a handler.

    `omitted_bytes` is the size of data that was left out, for no message could have carried it.
    """

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
    omitted_bytes: int = 0

    def without_data(self) -> "Envelope[msgspec.Raw]":
        """Return it as it goes where no message can carry its data."""
        size = len(msgspec.json.encode(self.data))
        return msgspec.structs.replace(self, data=msgspec.Raw(b"{}"), omitted_bytes=size)  # type: ignore[arg-type]

    def to_text(self) -> str:
        """Return the envelope as JSON, as a parked event keeps it."""
        return _encoder.encode(self).decode()


RawEnvelope = Envelope[dict[str, Any]]
#: As its publisher reads it from the log to send it on: `data` needn't be decoded there.
PublishedEnvelope = Envelope[msgspec.Raw]

_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(list[RawEnvelope])
_one_decoder = msgspec.json.Decoder(RawEnvelope)


def dump(envelopes: Sequence[RawEnvelope | PublishedEnvelope]) -> str:
    """Return envelopes as one JSON text, as messages carry them.

    Celery reads and writes its messages with slow code, and reads each twice: to it this is but a string.
    """
    return _encoder.encode(envelopes).decode()


def load(text: str) -> list[RawEnvelope]:
    """Decode what `dump` made. Raises msgspec.MsgspecError, or TypeError, when it isn't that."""
    return _decoder.decode(text)


def from_text(text: str) -> RawEnvelope:
    """Decode what `to_text` made. Raises msgspec.MsgspecError when it isn't an envelope."""
    return _one_decoder.decode(text)


def cut(
    envelopes: Sequence[PublishedEnvelope], *, size: int, most_bytes: int
) -> Iterator[list[PublishedEnvelope]]:
    """Yield consecutive envelopes in lists that one message may carry: so many, and so many bytes of data.

    An envelope that has more by itself goes alone.
    """
    part: list[PublishedEnvelope] = []
    carried = 0
    for envelope in envelopes:
        own = memoryview(envelope.data).nbytes
        if part and (len(part) == size or carried + own > most_bytes):
            yield part
            part, carried = [], 0
        part.append(envelope)
        carried += own
    if part:
        yield part
