"""Spans as OTLP/HTTP carries them: an export request in protobuf, maybe compressed with gzip."""

import json
import zlib
from collections.abc import Iterable
from http import HTTPStatus
from typing import NamedTuple

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SentSpan

#: The most bytes of a request, also once it is unpacked. An exporter sends 512 spans at a time.
LIMIT = 8_000_000
#: What is kept of a span: so many attributes, events or links, and characters of each text.
_ENTRIES, _CHARACTERS = 64, 4_000
_GZIP, _LATEST = 31, 2**63 - 1
_KINDS = ("", "internal", "server", "client", "producer", "consumer")


class Rejected(Exception):
    """A request that can't be answered; `status` says why."""

    def __init__(self, status: HTTPStatus) -> None:
        self.status = status


class Span(NamedTuple):
    """One span. Ids are hexadecimal, times nanoseconds since 1970; `parent` is empty for a root.

    `details` is JSON: {attributes: {name: text}, events: [{name, at, attributes}], links: [{trace, span,
    attributes}], resource: {name: text}, message}.
    """

    trace: str
    span: str
    parent: str
    service: str
    name: str
    kind: str
    start: int
    stop: int
    is_error: bool
    details: str


def spans_of(body: bytes, encoding: str = "") -> list[Span]:
    """Return the spans of a request's body, without those that have no valid ids. Raises Rejected."""
    request = ExportTraceServiceRequest()
    try:
        request.ParseFromString(_unpack(body) if encoding == "gzip" else body)
    except (DecodeError, zlib.error) as error:
        raise Rejected(HTTPStatus.BAD_REQUEST) from error
    return [
        _span(sent, _texts(resource.resource.attributes))
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for sent in scope.spans
        if (len(sent.trace_id), len(sent.span_id)) == (16, 8)
    ]


def _unpack(body: bytes) -> bytes:
    unpacker = zlib.decompressobj(_GZIP)
    data = unpacker.decompress(body, LIMIT + 1)
    if len(data) > LIMIT:
        raise Rejected(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if not unpacker.eof:
        raise Rejected(HTTPStatus.BAD_REQUEST)
    return data


def _span(sent: SentSpan, resource: dict[str, str]) -> Span:
    details = {
        "attributes": _texts(sent.attributes),
        "events": [
            {"name": _short(event.name), "at": event.time_unix_nano, "attributes": _texts(event.attributes)}
            for event in sent.events[:_ENTRIES]
        ],
        "links": [
            {"trace": link.trace_id.hex(), "span": link.span_id.hex(), "attributes": _texts(link.attributes)}
            for link in sent.links[:_ENTRIES]
        ],
        "resource": resource,
        "message": _short(sent.status.message),
    }
    start = min(sent.start_time_unix_nano, _LATEST)
    return Span(
        *(sent.trace_id.hex(), sent.span_id.hex(), sent.parent_span_id.hex()),
        service=resource.get("service.name", "unknown"),
        name=_short(sent.name),
        kind=_KINDS[sent.kind] if sent.kind < len(_KINDS) else "",
        start=start,
        stop=max(start, min(sent.end_time_unix_nano, _LATEST)),
        is_error=sent.status.code == sent.status.STATUS_CODE_ERROR,
        details=json.dumps(details, ensure_ascii=False),
    )


def _texts(attributes: Iterable[KeyValue]) -> dict[str, str]:
    return {_short(one.key): _short(_text(one.value)) for one in list(attributes)[:_ENTRIES]}


def _text(value: AnyValue) -> str:
    match value.WhichOneof("value"):
        case "array_value":
            return ", ".join(_text(one) for one in value.array_value.values[:_ENTRIES])
        case "kvlist_value":
            return ", ".join(f"{one.key}={_text(one.value)}" for one in value.kvlist_value.values[:_ENTRIES])
        case None:
            return ""
        case kind:
            return str(getattr(value, kind))


def _short(text: str) -> str:
    return text if len(text) <= _CHARACTERS else f"{text[:_CHARACTERS]}…"
