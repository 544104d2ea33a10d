"""Rates held by DRF's own means: a throttle on every view, and a middleware that writes the headers."""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from service_defaults.rate_limits.counting import RateLimitState, count
from service_defaults.rate_limits.rates import Rate

# Its module reads the settings that name this one.
if TYPE_CHECKING:
    from rest_framework.views import APIView

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class RateLimited(BaseThrottle):
    """Holds every view to a rate of settings.RATES.

    It is the one that the view names as `rate`, else "writes" for methods that write and "reads" for others.
    A rate that isn't there, or is None, limits nothing; a service without RATES has none.
    """

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count it; one too many raises `Throttled`."""
        default = "reads" if request.method in _SAFE_METHODS else "writes"
        rate = getattr(settings, "RATES", {}).get(getattr(view, "rate", default))
        if rate is not None:
            enforce_rate(request, rate, *subject_of(request))
        return True


def enforce_rate(request: Request, rate: Rate, *subject: str) -> None:
    """Count one use and say in the answer's headers where the subject stands; raises `Throttled`."""
    standing = count(rate, *subject)
    request._request.rate_limit_state = standing  # type: ignore[attr-defined]  # noqa: SLF001  DRF's way through
    if standing.is_over:
        raise Throttled(wait=standing.resets_in)


def subject_of(request: Request) -> tuple[str, str]:
    """Who asks: the signed-in user, else the visitor's address."""
    # Asked so, and not for a Principal, whose module is for services that verify tokens.
    if request.user is not None and request.user.is_authenticated:
        return "user", str(request.user.pk)
    return "address", address_of(request)


def address_of(request: Request | HttpRequest) -> str:
    """The visitor's address as far as it is theirs: of IPv6 the network of 64 bits that a household has."""
    text: str = getattr(request, "client_ip", "")
    try:
        address = ip_address(text)
    except ValueError:
        return text
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else text


def rate_limit_headers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Middleware: `RateLimit` and `RateLimit-Policy` of the answers that were counted."""

    def middleware(request: HttpRequest, *args: Any) -> HttpResponse:
        response = get_response(request)
        standing: RateLimitState | None = getattr(request, "rate_limit_state", None)
        if standing is not None:
            for name, value in standing.headers().items():
                response[name] = value
        return response

    return middleware
