"""Who handles which event. The handlers modules of a service are its table of contents."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar

import msgspec
from opentelemetry.trace import SpanKind

from shared_events import context, tracing
from shared_events.contracts import Event
from shared_events.envelope import Envelope, RawEnvelope

Handler = Callable[[Any], None]
H = TypeVar("H", bound=Handler)


@dataclass(frozen=True)
class Subscription:
    """A handler of one event type; with `batch` it takes a list of consecutive envelopes of that type."""

    contract: type[Event]
    handler: Handler
    batch: bool

    @property
    def type(self) -> str:
        """The wire type that it handles."""
        return self.contract.wire_type()

    @property
    def name(self) -> str:
        """The handler's name, by which its progress is stored: its module and its own name."""
        return f"{self.handler.__module__}.{self.handler.__qualname__}"


class EventOmitted(Exception):
    """The event's data came without its content, since it is more than one message may carry."""


#: Says whether a handler is to have an event now.
Wants = Callable[[Subscription, RawEnvelope], bool]


def everything(subscription: Subscription, envelope: RawEnvelope) -> bool:
    """Want each event for each of its handlers."""
    return True


_subscriptions: dict[str, list[Subscription]] = {}


def handles(contract: type[Event], *, batch: bool = False) -> Callable[[H], H]:
    """Decorator: call the function with an `Envelope` of each event of this type, or with a list of them.

    It runs inside the transaction that moves the cursor and may touch only this service's own database. What
    a batch handler records is caused by the last of its envelopes, unless it binds another's context to it.
    """

    def subscribe(handler: H) -> H:
        _subscriptions.setdefault(contract.wire_type(), []).append(Subscription(contract, handler, batch))
        return handler

    return subscribe


def followed_streams() -> list[str]:
    """Return the streams that this service has handlers for, sorted."""
    return sorted({wire_type.partition(".")[0] for wire_type in _subscriptions})


def subscriptions() -> dict[str, list[Subscription]]:
    """Return the handlers by wire type."""
    return dict(_subscriptions)


def handled_types(stream: str) -> list[str]:
    """Return the wire types of the stream that this code has handlers for, sorted."""
    return sorted(wire_type for wire_type in _subscriptions if wire_type.partition(".")[0] == stream)


def wanting(envelope: RawEnvelope, wants: Wants) -> list[Subscription]:
    """Return the handlers that are to have the event."""
    return [each for each in _subscriptions.get(envelope.type, ()) if wants(each, envelope)]


def dispatch(envelopes: Iterable[RawEnvelope], wants: Wants = everything) -> None:
    """Hand the envelopes, in order, to their handlers that want them; types without one are passed over.

    Raises NewerSchema, EventOmitted or msgspec.ValidationError for data that can't be read, and what the
    handlers raise.
    """
    for wire_type, group in groupby(envelopes, key=lambda envelope: envelope.type):
        run = list(group)
        for subscription in _subscriptions.get(wire_type, ()):
            wanted = [envelope for envelope in run if wants(subscription, envelope)]
            if wanted:
                _run(subscription, [_decoded(envelope, subscription.contract) for envelope in wanted])


def _run(subscription: Subscription, envelopes: list[Envelope[Event]]) -> None:
    for each in [envelopes] if subscription.batch else [[envelope] for envelope in envelopes]:
        _call(subscription, each)


def _call(subscription: Subscription, envelopes: list[Envelope[Event]]) -> None:
    """Call the handler in the context of the last envelope, in a span; a single one's is in its own trace."""
    traces = [envelope.traceparent for envelope in envelopes]
    with tracing.span(
        f"handle {subscription.type}",
        SpanKind.CONSUMER,
        parent=tracing.single(traces),
        links=(tracing.current_traceparent(), *traces),
        attributes={"handler": subscription.name, "event.count": len(envelopes)},
    ) as traceparent:
        if len(envelopes) == 1 and traceparent != traces[0]:
            envelopes = [msgspec.structs.replace(envelopes[0], traceparent=traceparent)]
        with context.bound(context.Context.of(envelopes[-1])):
            subscription.handler(envelopes if subscription.batch else envelopes[0])


def _decoded(envelope: RawEnvelope, contract: type[Event]) -> Envelope[Event]:
    if envelope.omitted_bytes:
        raise EventOmitted(
            f"{envelope.omitted_bytes} bytes of data are more than its publisher's messages may carry: raise "
            "`batch_bytes` there, replay the stream from this position and redrive; or discard it"
        )
    data = contract.from_data(envelope.data, envelope.schema_version)
    return msgspec.structs.replace(envelope, data=data)  # type: ignore[arg-type]
