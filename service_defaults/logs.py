"""Logging as JSON lines, each with its service and request id."""

import logging
from contextvars import ContextVar

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the present request; empty outside of one."""

# Django adds whole requests and responses to its records, with their cookies and bodies.
_NEVER_LOGGED = ["request", "response", "server_time"]


class RequestFilter(logging.Filter):
    """Adds `service` and `request_id` to every record."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def filter(self, record: logging.LogRecord) -> bool:
        """Complete the record; return True, so that every record is logged."""
        record.service = self._service
        record.request_id = request_id.get()
        return True


class JsonLines(JsonFormatter):
    """`{"time", "level", "logger", "message", "service", "request_id", …extra}` on one line."""

    def __init__(self) -> None:
        super().__init__(
            "%(levelname)s %(name)s %(message)s",
            rename_fields={"levelname": "level", "name": "logger"},
            timestamp="time",
            reserved_attrs=[*RESERVED_ATTRS, *_NEVER_LOGGED],
        )
