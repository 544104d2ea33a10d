"""Enforce rate limits: a DRF throttle for every view, and a middleware that sets the headers."""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from service_defaults import metrics
from service_defaults.rate_limits.counting import RateLimitState, count
from service_defaults.rate_limits.rates import Rate

# Its module reads the settings that name this one.
if TYPE_CHECKING:
    from rest_framework.views import APIView

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class RateLimited(BaseThrottle):
    """Enforces a rate of settings.RATES on every view.

    It is the rate that the view names as `rate`, else "writes" for methods that write and "reads" for others.
    A rate that is missing or None limits nothing.
    """

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count the request; raise `Throttled` above the limit."""
        default = "reads" if request.method in _SAFE_METHODS else "writes"
        rate = getattr(settings, "RATES", {}).get(getattr(view, "rate", default))
        if rate is not None:
            enforce_rate(request, rate, *subject_of(request))
        return True


def enforce_rate(request: Request, rate: Rate, *subject: str) -> None:
    """Count one use, which the response's headers will show; raise `Throttled` above the limit."""
    state = count(rate, *subject)
    request._request.rate_limit_state = state  # type: ignore[attr-defined]  # noqa: SLF001  DRF's way through
    if state.is_over:
        metrics.RATE_LIMIT_EXCEEDED.labels(rate.name).inc()
        raise Throttled(wait=state.resets_in)


def subject_of(request: Request) -> tuple[str, str]:
    """Return whose request it is: the signed-in user, else the visitor's address."""
    # Not by `isinstance(…, Principal)`, whose module is for services that verify tokens.
    if request.user is not None and request.user.is_authenticated:
        return "user", str(request.user.pk)
    return "address", address_of(request)


def address_of(request: Request | HttpRequest) -> str:
    """Return the visitor's address; of IPv6 the /64 network, which one household has."""
    text: str = getattr(request, "client_ip", "")
    try:
        address = ip_address(text)
    except ValueError:
        return text
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else text


def rate_limit_headers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Middleware: set `RateLimit` and `RateLimit-Policy` on responses to counted requests."""

    def middleware(request: HttpRequest, *args: Any) -> HttpResponse:
        response = get_response(request)
        state: RateLimitState | None = getattr(request, "rate_limit_state", None)
        if state is not None:
            for name, value in state.headers().items():
                response[name] = value
        return response

    return middleware
