"""Which request or event the running code works for, so that one purchase can be followed across services."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from shared_events.ids import uuid7

if TYPE_CHECKING:
    from shared_events.envelope import Envelope

#: What the columns for a correlation id and a trace context hold, in characters.
CORRELATION_LENGTH, TRACEPARENT_LENGTH = 64, 55


@dataclass(frozen=True, kw_only=True)
class Context:
    """`correlation_id` names the request that began it all, `causation_id` the event that led here.

    `traceparent` is the span that what happens now is caused by: Note [Which span is the cause].
    Both texts are cut to what their columns hold: where an id comes from outside, its length must not fail
    the work that it names.
    """

    correlation_id: str
    causation_id: UUID | None = None
    traceparent: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "correlation_id", _storable(self.correlation_id, CORRELATION_LENGTH))
        object.__setattr__(self, "traceparent", _storable(self.traceparent, TRACEPARENT_LENGTH))

    @classmethod
    def of(cls, envelope: "Envelope[Any]") -> "Context":
        """Return the context of what an event causes."""
        return cls(
            correlation_id=envelope.correlation_id,
            causation_id=envelope.id,
            traceparent=envelope.traceparent,
        )


def _storable(text: str, length: int) -> str:
    return text.replace("\0", "")[:length]


_current: ContextVar[Context | None] = ContextVar("shared_events_context", default=None)


def current() -> Context:
    """Return the running context, or a fresh one for work without a request (a sweep, a shell)."""
    return _current.get() or fresh()


def fresh() -> Context:
    """Return the context of work without a request."""
    return Context(correlation_id=str(uuid7()))


@contextmanager
def bound(context: Context) -> Iterator[None]:
    """Run the block in the given context."""
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)


def begin(correlation_id: str | None, traceparent: str = "") -> None:
    """Start the context of a task: the request it was sent for, or a fresh one."""
    _current.set(Context(correlation_id=correlation_id or str(uuid7()), traceparent=traceparent))


class CorrelationFilter(logging.Filter):
    """Adds `correlation_id` to log records that are made while one is bound."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Complete the record; return True, so that every record is logged."""
        bound_now = _current.get()
        if bound_now is not None and not hasattr(record, "correlation_id"):
            record.correlation_id = bound_now.correlation_id
        return True


# Note [Which span is the cause]
# Work for one event often happens in the middle of work for many: a batch handler, a sweep, a command that
# ends ten thousand holds. The running span is then that of the many, and a child of it would join their
# traces. So the cause is passed on in this context, beside the correlation id, and what records or schedules
# something takes its parent from here.
