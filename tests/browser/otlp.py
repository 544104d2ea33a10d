"""A receiver of traces: OTLP over HTTP, kept in memory."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True, kw_only=True)
class Span:
    """A span as it was received; ids are hexadecimal, "" for none."""

    process: str
    trace: str
    id: str
    parent: str
    name: str
    attributes: dict[str, str]
    linked_traces: tuple[str, ...]


@dataclass
class Receiver:
    """What has been received so far."""

    url: str
    spans: list[Span] = field(default_factory=list)

    def trace_with(self, name: str) -> list[Span]:
        """Return the spans of the newest trace that has one of this name; none where there is no such one."""
        traces = [span.trace for span in self.spans if span.name == name]
        return [span for span in self.spans if traces and span.trace == traces[-1]]

    def add(self, body: bytes) -> None:
        """Keep the spans of a request."""
        for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            names = {item.key: item.value.string_value for item in of_resource.resource.attributes}
            for of_scope in of_resource.scope_spans:
                self.spans += [_span(names["service.name"], span) for span in of_scope.spans]


def _span(process: str, span: object) -> Span:
    return Span(
        process=process,
        trace=span.trace_id.hex(),  # type: ignore[attr-defined]
        id=span.span_id.hex(),  # type: ignore[attr-defined]
        parent=span.parent_span_id.hex(),  # type: ignore[attr-defined]
        name=span.name,  # type: ignore[attr-defined]
        attributes={item.key: item.value.string_value for item in span.attributes},  # type: ignore[attr-defined]
        linked_traces=tuple(link.trace_id.hex() for link in span.links),  # type: ignore[attr-defined]
    )


@contextmanager
def receiving_traces() -> Iterator[Receiver]:
    """Listen on a free port of the loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.add(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *values: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield receiver
        server.shutdown()
