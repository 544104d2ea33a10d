"""OpenTelemetry's SDK as we use it: what makes spans, which are begun, and what of them is exported."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult

from service_defaults import env

#: What is exported of a span. Instrumentations also add visitors' addresses and browsers, and whole URLs with
#: what people search for: personal data and secrets, which are for no other program.
EXPORTED_ATTRIBUTES = frozenset(
    {
        *(
            "http.method",
            "http.request.method",
            "http.route",
            "http.status_code",
            "http.response.status_code",
        ),
        *("db.system", "db.statement", "db.name", "db.system.name", "db.query.text", "db.namespace"),
        *("messaging.destination.name", "messaging.batch.message_count", "correlation.id", "handler"),
        *("event.id", "event.count", "event.first_position", "aggregate.id", "error.type", "exception.type"),
    }
)

#: Requests that belong to no purchase: an expression for their addresses.
PROBES = "/health/"


class AllowlistExporter(OTLPSpanExporter):
    """Sends spans with the attributes of EXPORTED_ATTRIBUTES alone."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them. Returns whether it worked."""
        return super().export([_with_allowed_attributes(span) for span in spans])


class WithinATrace(Sampler):
    """Begins no trace with a call to a database or a server: outside of a request or task these are polls."""

    def __init__(self, sampler: Sampler) -> None:
        """Take the sampler that decides about everything else."""
        self._sampler = sampler

    def should_sample(
        self,
        parent_context: Any,
        trace_id: int,
        name: str,
        kind: trace.SpanKind | None = None,
        *details: Any,
        **named: Any,
    ) -> SamplingResult:
        """Return the decision."""
        has_parent = trace.get_current_span(parent_context).get_span_context().is_valid
        if kind is trace.SpanKind.CLIENT and not has_parent:
            return SamplingResult(Decision.DROP)
        return self._sampler.should_sample(parent_context, trace_id, name, kind, *details, **named)

    def get_description(self) -> str:
        """Return what the SDK shows of it."""
        return f"WithinATrace({self._sampler.get_description()})"


def start(service: str, process: str) -> None:
    """Set up what `tracing.start` documents."""
    name = env.text("OTEL_SERVICE_NAME", default=f"{service}.{process}")
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: name}))
    provider.sampler = WithinATrace(provider.sampler)
    provider.add_span_processor(BatchSpanProcessor(AllowlistExporter()))
    trace.set_tracer_provider(provider)
    _instrument(process)


def _instrument(process: str) -> None:
    """Have what Django, psycopg and httpx do make spans."""
    if process == "web":
        from opentelemetry.instrumentation.django import DjangoInstrumentor

        DjangoInstrumentor().instrument(excluded_urls=PROBES)
    if process != "relay":  # most of its statements are polls
        from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor

        PsycopgInstrumentor().instrument()
    # The frontend alone has both.
    if find_spec("httpx") and find_spec("opentelemetry.instrumentation.httpx"):
        from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor

        HTTPXClientInstrumentor().instrument()


def _with_allowed_attributes(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_allowed(span.attributes),
        events=[Event(event.name, _allowed(event.attributes), event.timestamp) for event in span.events],
        links=span.links,
        kind=span.kind,
        # Without its description, which may quote what a visitor sent.
        status=trace.Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _allowed(attributes: Any) -> dict[str, Any]:
    return {name: value for name, value in (attributes or {}).items() if name in EXPORTED_ATTRIBUTES}
