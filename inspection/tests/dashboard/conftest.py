"""A dashboard of a stack that exists on paper, and requests as an exporter sends them."""

import http.client
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from inspection.dashboard.server import Dashboard
from inspection.dashboard.spans import SpanStore
from inspection.tests.conftest import run_dir, stack
from local_stack.stack import Stack

__all__ = ["run_dir", "stack"]

PROTOBUF = {"Content-Type": "application/x-protobuf"}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Client:
    """Requests to a dashboard; `Host` is its own unless headers say otherwise."""

    port: int

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, headers=headers)

    def post(self, body: bytes, path: str = "/v1/traces", **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", path, body, PROTOBUF | named)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.headers), answer.read())
        finally:
            connection.close()

    def logs(self, **wanted: Any) -> Any:
        query = "&".join(f"{name}={quote(str(value))}" for name, value in wanted.items())
        return self.get(f"/api/logs?{query}").json


@pytest.fixture
def store(tmp_path: Path) -> SpanStore:
    return SpanStore(tmp_path / "traces.sqlite")


@pytest.fixture
def client(stack: Stack, store: SpanStore) -> Iterator[Client]:
    with Dashboard(stack, 0, store) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield Client(server.server_port)
        server.shutdown()


@pytest.fixture
def log(stack: Stack) -> Callable[[str, str], None]:
    """Add lines to a process's log."""

    def log(process: str, text: str) -> None:
        with stack.log_of(process).open("a") as file:
            file.write(text)

    return log


def export(
    *names: str,
    service: str = "orders.web",
    trace: bytes = b"",
    count: int = 1,
    attributes: Mapping[str, str] | None = None,
) -> bytes:
    """Return a request with a trace: each name is a span below the one before."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    attribute = resource.resource.attributes.add()
    attribute.key, attribute.value.string_value = "service.name", service
    spans = resource.scope_spans.add().spans
    now = time.time_ns()
    for _ in range(count):
        trace_id, parent = trace or secrets.token_bytes(16), b""
        for number, name in enumerate(names):
            span = spans.add(
                trace_id=trace_id, span_id=secrets.token_bytes(8), parent_span_id=parent, name=name,
                start_time_unix_nano=now + number * 1000, end_time_unix_nano=now + 1_000_000,
            )  # fmt: skip
            parent = span.span_id
            for key, value in (attributes or {}).items():
                attribute = span.attributes.add()
                attribute.key, attribute.value.string_value = key, value
    return bytes(request.SerializeToString())
