"""Traces: off unless a standard variable turns them on, and nothing personal leaves the process."""

import subprocess
import sys

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from service_defaults import project, tracing
from service_defaults.span_export import AllowlistExporter, OTLPSpanExporter, WithinATrace

_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


class TestIsWanted:
    @pytest.fixture(autouse=True)
    def _without_variables(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in (_ENDPOINT, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_SDK_DISABLED"):
            monkeypatch.delenv(name, raising=False)

    def test_not_by_default(self) -> None:
        assert not tracing.is_wanted()

    @pytest.mark.parametrize("name", [_ENDPOINT, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"])
    def test_where_there_is_an_address(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(name, "http://127.0.0.1:4318")
        assert tracing.is_wanted()

    def test_not_where_the_sdk_is_disabled(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(_ENDPOINT, "http://127.0.0.1:4318")
        monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
        assert not tracing.is_wanted()


def test_a_process_without_traces_does_not_load_the_sdk() -> None:
    code = (
        "import sys; from service_defaults import tracing; tracing.start('notes', 'web');"
        "print('opentelemetry.sdk' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={})
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("arguments", "process"),
    [
        (["relay", "--heartbeat", "x"], "relay"),
        (["worker", "events"], "events"),
        (["worker", "commands"], "commands"),
        (["migrate"], ""),
        (["worker"], ""),
        ([], ""),
    ],
)
def test_only_what_runs_for_long_is_traced(arguments: list[str], process: str) -> None:
    assert project._process(arguments) == process


class TestWhatIsExported:
    @pytest.fixture
    def exported(self, monkeypatch: pytest.MonkeyPatch) -> list[ReadableSpan]:
        """Return the list of what would go out."""
        exported: list[ReadableSpan] = []

        def export(self: OTLPSpanExporter, spans: list[ReadableSpan]) -> SpanExportResult:
            exported.extend(spans)
            return SpanExportResult.SUCCESS

        monkeypatch.setattr(OTLPSpanExporter, "export", export)
        return exported

    def test_has_no_address_query_or_text_of_a_visitor(self, exported: list[ReadableSpan]) -> None:
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(AllowlistExporter()))
        private = {
            "http.url": "http://shop/?q=me@example.com",
            "http.target": "/auth/reset/a-token",
            "net.peer.ip": "192.0.2.1",
            "http.user_agent": "a browser",
        }
        with provider.get_tracer("x").start_as_current_span("GET", attributes=private) as span:
            span.set_attribute("http.route", "auth/reset/<token>")
            span.record_exception(ValueError("me@example.com"))
            span.set_status(trace.Status(trace.StatusCode.ERROR, "me@example.com"))
        [sent] = exported
        assert dict(sent.attributes or {}) == {"http.route": "auth/reset/<token>"}
        assert [dict(event.attributes or {}) for event in sent.events] == [{"exception.type": "ValueError"}]
        assert (sent.status.status_code, sent.status.description) == (trace.StatusCode.ERROR, None)
        assert (sent.name, sent.context, sent.start_time) == ("GET", span.get_span_context(), sent.start_time)


class TestWithinATrace:
    @pytest.fixture
    def spans(self) -> InMemorySpanExporter:
        return InMemorySpanExporter()

    @pytest.fixture
    def tracer(self, spans: InMemorySpanExporter) -> trace.Tracer:
        provider = TracerProvider(sampler=WithinATrace(ALWAYS_ON))
        provider.add_span_processor(SimpleSpanProcessor(spans))
        return provider.get_tracer("x")

    def test_a_poll_makes_no_trace(self, spans: InMemorySpanExporter, tracer: trace.Tracer) -> None:
        with tracer.start_as_current_span("SELECT", kind=trace.SpanKind.CLIENT):
            pass
        assert spans.get_finished_spans() == ()

    def test_a_statement_of_a_request_is_in_its_trace(
        self, spans: InMemorySpanExporter, tracer: trace.Tracer
    ) -> None:
        with (
            tracer.start_as_current_span("GET", kind=trace.SpanKind.SERVER),
            tracer.start_as_current_span("SELECT", kind=trace.SpanKind.CLIENT),
        ):
            pass
        assert [span.name for span in spans.get_finished_spans()] == ["SELECT", "GET"]
