"""Which request or event the running code works for, so that one purchase can be followed across services."""

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


def begin(correlation_id: str | None) -> None:
    """Start the context of a task: the request it was sent for, or a fresh one."""
    _current.set(Context(correlation_id=correlation_id or str(uuid7())))
