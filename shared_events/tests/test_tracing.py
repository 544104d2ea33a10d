"""A trace follows causes: through the log, batches, commands and sweeps, and past one without an SDK."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from shared_events import context, tracing
from shared_events.inbox import consumer
from shared_events.models import LoggedEvent, OutgoingCommand
from shared_events.outbox import commands, log
from shared_events.outbox.relay import Relay
from shared_events.tests.conftest import FakeBroker, Write
from shared_events.tests.notes import handlers
from shared_events.tests.notes.contracts import NoteCounted
from shared_events.transport import running_tasks

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
OTHER = "00-11111111111111111111111111111111-2222222222222222-01"


class Spans(InMemorySpanExporter):
    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.get_finished_spans() if span.name == name]

    def one(self, name: str) -> ReadableSpan:
        [span] = self.named(name)
        return span


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[Spans]:
    """Have this process make spans."""
    spans, provider = Spans(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("tests"))
    monkeypatch.setattr(tracing, "is_enabled", lambda: True)
    yield spans
    provider.shutdown()


def trace_of(span: ReadableSpan) -> str:
    return trace.format_trace_id(span.context.trace_id)


def parent_of(span: ReadableSpan) -> str:
    return trace.format_span_id(span.parent.span_id) if span.parent else ""


def own_id(span: ReadableSpan) -> str:
    return trace.format_span_id(span.context.span_id)


def write_in(traceparent: str, write: Write, **named: Any) -> UUID:
    with context.bound(context.Context(correlation_id="a-request", traceparent=traceparent)):
        return write(**named)


class TestWithoutAnSdk:
    def test_a_trace_passes_through_to_the_event(self, write: Write) -> None:
        write_in(PARENT, write)
        assert LoggedEvent.objects.get().traceparent == PARENT

    def test_and_from_an_event_to_what_its_handler_records(
        self, relay: Relay, broker: FakeBroker, write: Write
    ) -> None:
        handlers.ON_WRITE.append(
            lambda text: log.record(NoteCounted(text=text), aggregate_id=log.uuid7(), version=1)
        )
        write_in(PARENT, write)
        relay.round()
        consumer.receive(broker.batches()[0])
        assert set(LoggedEvent.objects.values_list("traceparent", flat=True)) == {PARENT}


class TestAnEvent:
    def test_is_recorded_in_a_span_of_its_cause(self, spans: Spans, write: Write) -> None:
        write_in(PARENT, write)
        span = spans.one("record note.written")
        assert (trace_of(span), parent_of(span)) == (TRACE, "b7ad6b7169203331")
        assert LoggedEvent.objects.get().traceparent == f"00-{TRACE}-{own_id(span)}-01"

    def test_with_a_malformed_cause_begins_a_trace(self, spans: Spans, write: Write) -> None:
        write_in("not a traceparent", write)
        assert spans.one("record note.written").parent is None

    def test_that_was_not_sampled_stays_so(self, spans: Spans, write: Write) -> None:
        write_in(f"{PARENT[:-2]}00", write)
        assert spans.get_finished_spans() == ()
        assert LoggedEvent.objects.get().traceparent.endswith("-00")

    def test_is_handled_in_its_own_trace_and_so_is_what_that_causes(
        self, spans: Spans, relay: Relay, broker: FakeBroker, write: Write
    ) -> None:
        handlers.ON_WRITE.append(
            lambda text: log.record(NoteCounted(text=text), aggregate_id=log.uuid7(), version=1)
        )
        write_in(PARENT, write)
        write_in(OTHER, write)
        relay.round()
        consumer.receive(broker.batches()[0])
        first, second = spans.named("handle note.written")
        assert trace_of(first) == TRACE
        assert trace_of(second) == OTHER[3:35]
        caused = spans.named("record note.counted")
        assert [parent_of(span) for span in caused] == [own_id(first), own_id(second)]


class TestAMessage:
    def test_of_one_event_belongs_to_its_trace(self, spans: Spans, relay: Relay, write: Write) -> None:
        write_in(PARENT, write)
        relay.round()
        assert parent_of(spans.one("publish note")) == own_id(spans.one("record note.written"))

    def test_of_several_is_linked_to_each(self, spans: Spans, relay: Relay, write: Write) -> None:
        write_in(PARENT, write)
        write_in(OTHER, write)
        relay.round()
        span = spans.one("publish note")
        assert span.parent is None
        assert {trace.format_trace_id(link.context.trace_id) for link in span.links} == {TRACE, OTHER[3:35]}

    def test_of_very_many_is_linked_to_some(self, spans: Spans) -> None:
        traces = [f"00-{number:032x}-{number:016x}-01" for number in range(1, 1000)]
        with tracing.span("publish note", SpanKind.PRODUCER, links=traces):
            pass
        assert len(spans.one("publish note").links) == tracing.MAX_LINKS


def test_what_a_batch_handler_records_belongs_to_the_last_event(
    spans: Spans, relay: Relay, broker: FakeBroker, write: Write
) -> None:
    write_in(PARENT, write, event=NoteCounted(text="a"))
    write_in(OTHER, write, event=NoteCounted(text="b"))
    relay.round()
    consumer.receive(broker.batches()[0])
    span = spans.one("handle note.counted")
    assert len(span.links) == 2


def test_what_a_sweep_does_belongs_to_the_request_that_it_began_with(write: Write) -> None:
    note = write_in(PARENT, write)
    assert log.origin_contexts([note])[note] == context.Context(
        correlation_id="a-request", traceparent=PARENT
    )


class TestACommand:
    @pytest.fixture
    def task(self) -> Any:
        headers = {tracing.HEADER: PARENT, running_tasks.CORRELATION_HEADER: "a-request"}
        request = SimpleNamespace(headers=headers, eta=None)
        return SimpleNamespace(name="notes.count", request=request)

    def test_is_scheduled_with_its_cause(self, relay: Relay, transactional_db: None) -> None:
        cause = context.Context(correlation_id="a-request", traceparent=PARENT)
        with context.bound(cause), transaction.atomic():
            commands.schedule("notes.count", {})
        assert OutgoingCommand.objects.get().traceparent == PARENT

    def test_runs_in_a_span_of_its_cause(self, spans: Spans, write: Write, task: Any) -> None:
        running_tasks._begin(task)
        write()
        running_tasks._end(task, state="SUCCESS")
        run = spans.one("run notes.count")
        assert (trace_of(run), parent_of(run)) == (TRACE, "b7ad6b7169203331")
        assert parent_of(spans.one("record note.written")) == own_id(run)

    def test_that_fails_says_with_what(self, spans: Spans, task: Any) -> None:
        running_tasks._begin(task)
        running_tasks._end(task, state="FAILURE", retval=ValueError("42"))
        status = spans.one("run notes.count").status
        assert (status.status_code, status.description) == (StatusCode.ERROR, "ValueError")

    def test_of_the_library_itself_has_none(self, spans: Spans, task: Any) -> None:
        task.name = "shared_events.deliver"
        running_tasks._begin(task)
        running_tasks._end(task, state="SUCCESS")
        assert spans.get_finished_spans() == ()
        assert context.current().traceparent == PARENT
