"""One purchase is one trace, though a browser makes it in several requests: to hold, to pay, to release.

The trace in which a ticket was held is stored in a cookie of its order's pages, which continue it; their
polls don't, since there may be thousands. Without traces there is no cookie.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.http import HttpResponse, parse_cookie
from opentelemetry import trace
from opentelemetry.propagate import inject

COOKIE = "purchase_trace"
#: How the address ends that an order's page polls.
POLLED = "/status"
#: Longer than a hold with its extension. In seconds.
MAX_AGE = 3600

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def continue_purchase(application: Application) -> Application:
    """Wrap a WSGI application: a request without a trace of its own gets the cookie's, unless it polls."""

    def wrapped(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if "HTTP_TRACEPARENT" not in environ and not environ["PATH_INFO"].endswith(POLLED):
            traceparent = _traceparent_of(environ.get("HTTP_COOKIE", ""))
            if traceparent:
                environ["HTTP_TRACEPARENT"] = traceparent
        return application(environ, start_response)

    return wrapped


def keep_purchase(response: HttpResponse, *, path: str, secure: bool) -> None:
    """Keep the running trace for the pages below `path`."""
    if not trace.get_current_span().get_span_context().is_valid:
        return
    carrier: dict[str, str] = {}
    inject(carrier)
    response.set_cookie(
        COOKIE,
        carrier["traceparent"],
        max_age=MAX_AGE,
        path=path,
        secure=secure,
        httponly=True,
        samesite="Lax",
    )


def _traceparent_of(header: str) -> str:
    return parse_cookie(header).get(COOKIE, "") if COOKIE in header else ""
