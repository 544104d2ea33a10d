"""What exporters send, and what else may arrive at their address."""

import contextlib
import gzip
import socket
import threading

import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from inspection.dashboard import otlp, server
from inspection.dashboard.spans import SpanStore
from inspection.tests.dashboard.conftest import Client, export

TRACE = bytes(range(16))


class TestSpans:
    def test_are_shown_as_a_trace(self, client: Client) -> None:
        assert client.post(export("POST /api/orders", "INSERT", trace=TRACE)).status == 200
        [trace] = client.get("/api/traces").json
        assert (trace["trace"], trace["spans"], trace["errors"]) == (TRACE.hex(), 2, 0)
        assert (trace["root"], trace["services"]) == (["POST /api/orders", "orders.web"], ["orders.web"])
        root, child = client.get(f"/api/trace?id={TRACE.hex()}").json
        assert (root["name"], root["parent"], child["parent"]) == ("POST /api/orders", "", root["span"])

    def test_of_several_services_are_one_trace(self, client: Client) -> None:
        for service in ("orders.web", "orders.relay", "tickets.events"):
            client.post(export("work", service=service, trace=TRACE))
        [trace] = client.get("/api/traces").json
        assert sorted(trace["services"]) == ["orders.relay", "orders.web", "tickets.events"]

    def test_may_be_compressed(self, client: Client) -> None:
        assert client.post(gzip.compress(export("work")), Content_Encoding="gzip").status == 200
        assert len(client.get("/api/traces").json) == 1

    def test_sent_twice_are_kept_once(self, client: Client) -> None:
        request = export("work")
        client.post(request)
        client.post(request)
        assert [trace["spans"] for trace in client.get("/api/traces").json] == [1]

    def test_without_valid_ids_are_left_out(self, client: Client) -> None:
        request = ExportTraceServiceRequest()
        request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"short", span_id=b"short")
        assert client.post(request.SerializeToString()).status == 200
        assert client.get("/api/traces").json == []

    def test_keep_attributes_events_and_links(self) -> None:
        request = ExportTraceServiceRequest()
        span = request.resource_spans.add().scope_spans.add().spans.add(trace_id=TRACE, span_id=TRACE[:8])
        span.attributes.add(key="ids").value.array_value.values.add().int_value = 7
        span.attributes.add(key="is_new").value.bool_value = True
        span.attributes.add(key="pair").value.kvlist_value.values.add(key="a").value.double_value = 0.5
        span.attributes.add(key="nothing")
        span.events.add(name="exception", time_unix_nano=5)
        span.links.add(trace_id=TRACE, span_id=TRACE[8:])
        span.end_time_unix_nano = 2**64 - 1
        [kept] = otlp.spans_of(request.SerializeToString())
        assert '"attributes": {"ids": "7", "is_new": "True", "pair": "a=0.5", "nothing": ""}' in kept.details
        assert '"events": [{"name": "exception", "at": 5, "attributes": {}}]' in kept.details
        assert f'"links": [{{"trace": "{TRACE.hex()}"' in kept.details
        assert (kept.service, kept.stop) == ("unknown", 2**63 - 1)

    def test_that_are_endless_are_cut(self) -> None:
        [kept] = otlp.spans_of(export("n" * 50_000, trace=TRACE, attributes={"text": "t" * 50_000}))
        assert len(kept.name) == 4_001
        assert len(kept.details) < 5_000


class TestTheReceiver:
    @pytest.mark.parametrize("body", [b"\xff\xff\xff", b"{}", b"\x0a\xff\xff\xff\x7f"])
    def test_refuses_what_is_no_request(self, client: Client, body: bytes) -> None:
        assert client.post(body).status == 400

    @pytest.mark.parametrize("body", [b"plain", gzip.compress(export("work"))[:-9]])
    def test_refuses_broken_gzip(self, client: Client, body: bytes) -> None:
        assert client.post(body, Content_Encoding="gzip").status == 400

    def test_refuses_what_unpacks_to_too_much(self, client: Client) -> None:
        bomb = gzip.compress(bytes(200_000_000), compresslevel=1)
        assert len(bomb) < otlp.LIMIT
        assert client.post(bomb, Content_Encoding="gzip").status == 413

    def test_refuses_a_huge_body_unread(self, client: Client) -> None:
        head = f"POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\n"
        head += f"Content-Type: application/x-protobuf\r\nContent-Length: {otlp.LIMIT + 1}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", client.port), timeout=10) as connection:
            connection.sendall(head.encode())
            assert connection.recv(100).startswith(b"HTTP/1.0 413")

    @pytest.mark.parametrize("length", ["", "-1", "x"])
    def test_needs_the_length(self, client: Client, length: str) -> None:
        assert client.request(
            "POST", "/v1/traces", headers={"Content-Type": "application/x-protobuf", "Content-Length": length}
        ).status == 411  # fmt: skip

    def test_takes_no_type_that_a_foreign_page_may_send(self, client: Client) -> None:
        assert client.post(export("work"), Content_Type="text/plain").status == 415
        assert client.post(export("work"), Origin="http://evil.example").status == 403

    def test_takes_many_at_once(self, client: Client) -> None:
        statuses: list[int] = []
        senders = [
            threading.Thread(
                target=lambda: statuses.append(client.post(export("one", "two", count=50)).status)
            )
            for _ in range(20)
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        assert statuses == [200] * 20
        assert sum(trace["spans"] for trace in client.get("/api/traces").json) == 200

    def test_asks_for_patience_when_it_is_busy(
        self, client: Client, store: SpanStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(server, "_PATIENCE", 0.05)
        may_go_on, busy = threading.Event(), threading.Barrier(3)

        def add(spans: object) -> None:
            busy.wait(10)
            may_go_on.wait(10)

        monkeypatch.setattr(store, "add", add)
        senders = [threading.Thread(target=client.post, args=(export("work"),)) for _ in range(2)]
        for sender in senders:
            sender.start()
        busy.wait(10)
        assert client.post(export("work")).status == 503
        may_go_on.set()
        for sender in senders:
            sender.join()


class TestTheExporterOfTheServices:
    @pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
    def test_is_understood(self, client: Client, compression: Compression) -> None:
        provider = TracerProvider(resource=Resource({"service.name": "orders.web"}))
        exporter = OTLPSpanExporter(f"http://127.0.0.1:{client.port}/v1/traces", compression=compression)
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        tracer = provider.get_tracer("test")
        with contextlib.suppress(ValueError), tracer.start_as_current_span("work"):
            raise ValueError
        provider.shutdown()
        [trace] = client.get("/api/traces").json
        assert (trace["root"], trace["errors"]) == (["work", "orders.web"], 1)
        [span] = client.get(f"/api/trace?id={trace['trace']}").json
        assert span["events"][0]["attributes"]["exception.type"] == "ValueError"
