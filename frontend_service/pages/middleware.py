"""What every page needs before its view runs: the APIs on the visitor's behalf, and the visitor's clock."""

from collections.abc import Callable
from functools import partial
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.functional import SimpleLazyObject

from frontend_service.clients.api import Api
from frontend_service.clients.cookies import ACCESS, REFRESH, CookieJar
from frontend_service.clients.errors import ApiError
from frontend_service.clients.gateway import Caller, Gateway
from frontend_service.pages import problems
from frontend_service.pages.visitor import who_visits
from service_defaults import client_ip

GetResponse = Callable[[HttpRequest], HttpResponse]
OWN_COOKIES = frozenset({settings.CSRF_COOKIE_NAME, "messages", "zone"})


class VisitorSession:
    """Gives the view `request.api` and `request.visitor`, and the visitor every cookie the APIs set.

    Nothing is asked of the APIs until somebody looks at one of the two.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Prepare the request, and finish the answer."""
        api = Api(Gateway(_caller(request)))
        request.api = api  # type: ignore[attr-defined]  # PageRequest
        request.visitor = SimpleLazyObject(partial(who_visits, api))  # type: ignore[attr-defined]
        response = self.get_response(request)
        for name, morsel in api.gateway.cookies.given_back().items():
            response.cookies[name] = morsel
        _keep_private(request, response)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """An API's problem that the view had no better answer to becomes its own page."""
        return problems.page_for(request, error) if isinstance(error, ApiError) else None


class VisitorZone:
    """Shows and reads times in the visitor's zone, which their browser tells us in a cookie.

    A form that holds times carries the zone it was rendered in: that one wins, or a time could mean
    something else when it comes back than when it was typed.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in the visitor's zone; in UTC when it isn't known."""
        with timezone.override(_zone(request.POST.get("zone") or request.COOKIES.get("zone", ""))):
            return self.get_response(request)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _caller(request: HttpRequest) -> Caller:
    return Caller(
        cookies=CookieJar(request.META.get("HTTP_COOKIE", ""), own=OWN_COOKIES),
        origin=request.headers.get("Origin", ""),
        fetch_site=request.headers.get("Sec-Fetch-Site", ""),
        request_id=getattr(request, "request_id", ""),
        program=request.headers.get("User-Agent", ""),
        signed_address=client_ip.sign(getattr(request, "client_ip", "")),
    )


def _keep_private(request: HttpRequest, response: HttpResponse) -> None:
    """What a signed-in visitor saw must not come back by the back button after they signed out."""
    if response.has_header("Cache-Control"):
        return
    if ACCESS in request.COOKIES or REFRESH in request.COOKIES:
        patch_cache_control(response, private=True, no_store=True)
    else:
        patch_cache_control(response, private=True, no_cache=True)
