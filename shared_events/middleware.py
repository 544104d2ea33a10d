"""Carries a web request's ids into the events that it records."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from shared_events import context, tracing
from shared_events.ids import uuid7


class Correlation:
    """Binds the request's id as correlation id. Place it below whatever sets `request.request_id`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request with its ids bound."""
        request_id = getattr(request, "request_id", None) or str(uuid7())
        trace = tracing.current_traceparent() or request.headers.get(tracing.HEADER, "")
        with context.bound(context.Context(correlation_id=request_id, traceparent=trace)):
            return self.get_response(request)
