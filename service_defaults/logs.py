"""Logging as JSON lines, each with its service, its request, its user and its trace."""

import logging
from contextvars import ContextVar

from opentelemetry import trace
from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the present request; empty outside of one."""
user_id: ContextVar[str] = ContextVar("user_id", default="")
"""The id of the user who made it, once that is known."""

# Django adds whole requests and responses to its records, with their cookies and bodies.
_NEVER_LOGGED = ["request", "response", "server_time"]


class RequestFilter(logging.Filter):
    """Adds `service` and `request_id` to every record; `user`, `trace_id` and `span_id` where there are any.

    `correlation_id` is the request's id, unless the record has one of its own: work for an event belongs to
    the request that the event began with.
    """

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def filter(self, record: logging.LogRecord) -> bool:
        """Complete the record; return True, so that every record is logged."""
        record.service = self._service
        record.request_id = request_id.get()
        record.correlation_id = getattr(record, "correlation_id", "") or request_id.get()
        if user_id.get():
            record.user = user_id.get()
        running = trace.get_current_span().get_span_context()
        if running.is_valid and not hasattr(record, "trace_id"):
            record.trace_id = trace.format_trace_id(running.trace_id)
            record.span_id = trace.format_span_id(running.span_id)
        return True


class JsonLines(JsonFormatter):
    """`{"time", "level", "logger", "message", "service", "request_id", …extra}` on one line."""

    def __init__(self) -> None:
        super().__init__(
            "%(levelname)s %(name)s %(message)s",
            rename_fields={"levelname": "level", "name": "logger"},
            timestamp="time",
            reserved_attrs=[*RESERVED_ATTRS, *_NEVER_LOGGED],
            json_ensure_ascii=False,
        )
