"""Spans of events and commands, by OpenTelemetry's API: without an SDK in the process none is made.

A trace follows causes, not messages. An event's envelope and a command carry the W3C `traceparent` of what
caused them, so one purchase is one trace however its events were batched. A message's own spans (`publish`,
`deliver`) are linked to the events that it carries, and belong to their trace where they have only one.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context as SpanParent
from opentelemetry.trace import Link, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

#: The header in which messages and commands carry it, as HTTP requests do.
HEADER = "traceparent"
#: Links that a span has at most: what a message of many events is linked to is a sample of them.
MAX_LINKS = 64

_tracer = trace.get_tracer("shared_events")
_propagator = TraceContextTextMapPropagator()


def is_enabled() -> bool:
    """Whether this process has an SDK that takes spans."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def current_traceparent() -> str:
    """Return the running span as a `traceparent`, "" where there is none."""
    return _traceparent(trace.get_current_span())


@contextmanager
def span(
    name: str,
    kind: SpanKind,
    *,
    parent: str = "",
    links: Iterable[str] = (),
    attributes: Mapping[str, str | int] | None = None,
) -> Iterator[str]:
    """Run the block in a span; yield the `traceparent` that what the block causes is to carry.

    `parent` and `links` are `traceparent` texts; a malformed one counts as none. Without a parent the span
    that runs is the parent. Where no spans are made, `parent` itself is yielded: a trace passes through.
    """
    if not is_enabled():
        yield parent
        return
    linked = [found for text in _first(links) if (found := _link(text)) is not None]
    with _tracer.start_as_current_span(
        name, _parent(parent) if parent else None, kind, attributes, linked
    ) as running:
        yield _traceparent(running)


def single(traceparents: Iterable[str]) -> str:
    """Return the only one there is, "" where there are several: the parent of a span about all of them."""
    found = set(traceparents)
    return found.pop() if len(found) == 1 else ""


def _first(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))[:MAX_LINKS]


def _parent(text: str) -> SpanParent:
    return _propagator.extract({HEADER: text}, SpanParent())


def _link(text: str) -> Link | None:
    found = trace.get_current_span(_parent(text)).get_span_context()
    return Link(found) if found.is_valid else None


def _traceparent(running: trace.Span) -> str:
    found = running.get_span_context()
    if not found.is_valid:
        return ""
    return f"00-{found.trace_id:032x}-{found.span_id:016x}-{found.trace_flags:02x}"
