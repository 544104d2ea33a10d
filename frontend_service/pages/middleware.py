"""Middleware for every page: the APIs on the visitor's behalf, and the visitor's time zone."""

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
from frontend_service.config import purchase_trace
from frontend_service.pages import problems
from frontend_service.pages.console.search import COOKIE as SEARCH_COOKIE
from frontend_service.pages.visitor import get_visitor
from service_defaults import client_ip

GetResponse = Callable[[HttpRequest], HttpResponse]
OWN_COOKIES = frozenset({settings.CSRF_COOKIE_NAME, "messages", "zone", purchase_trace.COOKIE, SEARCH_COOKIE})


class VisitorSession:
    """Sets `request.api` and `request.visitor`, and passes every cookie the APIs set to the browser.

    No API is called until a view uses one of the two.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Prepare the request and finish the response."""
        api = Api(Gateway(_caller(request)))
        request.api = api  # type: ignore[attr-defined]  # PageRequest
        request.visitor = SimpleLazyObject(partial(get_visitor, api))  # type: ignore[attr-defined]
        response = self.get_response(request)
        for name, morsel in api.gateway.cookies.set_cookies().items():
            response.cookies[name] = morsel
        _set_cache_control(request, response)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """An API's error that the view didn't handle becomes an error page."""
        return problems.page_for(request, error) if isinstance(error, ApiError) else None


class VisitorZone:
    """Activates the visitor's time zone, which the page's script stores in a cookie.

    A form with times submits the zone it was rendered in, which takes precedence: otherwise a time could
    change its meaning between rendering and submitting.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Run the view in the visitor's zone, or in UTC where it is unknown."""
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
        user_agent=request.headers.get("User-Agent", ""),
        signed_address=client_ip.sign(getattr(request, "client_ip", "")),
    )


def _set_cache_control(request: HttpRequest, response: HttpResponse) -> None:
    """A signed-in visitor's pages must not reappear through the back button after signing out."""
    if response.has_header("Cache-Control"):
        return
    if ACCESS in request.COOKIES or REFRESH in request.COOKIES:
        patch_cache_control(response, private=True, no_store=True)
    else:
        patch_cache_control(response, private=True, no_cache=True)
