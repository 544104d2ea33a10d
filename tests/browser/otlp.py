"""A receiver of traces: OTLP over HTTP, kept in memory."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from inspection.dashboard.otlp import Span as SentSpan
from inspection.dashboard.otlp import spans_of


@dataclass(frozen=True, kw_only=True)
class Span:
    """A span as it was received; ids are hexadecimal, "" for none."""

    process: str
    trace: str
    id: str
    parent: str
    name: str
    attributes: dict[str, str]


@dataclass
class Receiver:
    """What has been received so far."""

    url: str
    spans: list[Span] = field(default_factory=list)

    def trace_with(self, name: str) -> list[Span]:
        """Return the spans of the newest trace that has one of this name; none where there is no such one."""
        traces = [span.trace for span in self.spans if span.name == name]
        return [span for span in self.spans if traces and span.trace == traces[-1]]


def _span(sent: SentSpan) -> Span:
    return Span(
        process=sent.service,
        trace=sent.trace,
        id=sent.span,
        parent=sent.parent,
        name=sent.name,
        attributes=json.loads(sent.details)["attributes"],
    )


@contextmanager
def receiving_traces() -> Iterator[Receiver]:
    """Listen on a free port of the loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.spans += map(_span, spans_of(body, self.headers.get("Content-Encoding", "")))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *values: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield receiver
        server.shutdown()
