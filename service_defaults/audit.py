"""The audit log: who did what to security, one line each, in the service's log as logger `audit`.

Facts are ids, visitors' addresses and outcomes. Never a secret: no password, token, key or cookie, and no
e-mail address, which a log would keep for longer than the account lasts.
"""

import logging
from typing import Any

from django.http import HttpRequest
from rest_framework.request import Request

_logger = logging.getLogger("audit")


def log(event: str, request: HttpRequest | Request | None = None, **facts: Any) -> None:
    """Write down that `event` ("session.ended") happened; facts that are None are left out."""
    _write(logging.INFO, event, request, facts)


def warn(event: str, request: HttpRequest | Request | None = None, **facts: Any) -> None:
    """Like `note`, for what somebody should look at."""
    _write(logging.WARNING, event, request, facts)


def _write(level: int, event: str, request: HttpRequest | Request | None, facts: dict[str, Any]) -> None:
    if request is not None:
        facts["address"] = getattr(request, "client_ip", None)
    told = {name: str(value) for name, value in facts.items() if value is not None}
    words = "".join(f" {name}={value}" for name, value in told.items())
    _logger.log(level, "%s%s", event, words, extra={"event": event, **told})
