"""The audit log: one line per security event, in the service's log as logger `audit`.

Facts are ids, visitors' IP addresses and outcomes. Never a secret: no password, token, key or cookie, and no
e-mail address, which would stay in the log after the account is deleted.
"""

import logging
from typing import Any

from django.http import HttpRequest
from rest_framework.request import Request

_logger = logging.getLogger("audit")


def log(event: str, request: HttpRequest | Request | None = None, **facts: Any) -> None:
    """Log that `event` ("session.ended") happened; facts that are None are left out."""
    _write(logging.INFO, event, request, facts)


def warn(event: str, request: HttpRequest | Request | None = None, **facts: Any) -> None:
    """Log an event as a warning, which an operator should look at."""
    _write(logging.WARNING, event, request, facts)


def _write(level: int, event: str, request: HttpRequest | Request | None, facts: dict[str, Any]) -> None:
    if request is not None:
        facts["address"] = getattr(request, "client_ip", None)
    logged = {name: str(value) for name, value in facts.items() if value is not None}
    text = "".join(f" {name}={value}" for name, value in logged.items())
    _logger.log(level, "%s%s", event, text, extra={"event": event, **logged})
