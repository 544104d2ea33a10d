"""The two cookies of a browser's session, which no script can read."""

from django.conf import settings
from django.http import HttpResponseBase
from rest_framework.request import Request

from auth_service.credentials.tokens import TokenPair
from service_defaults.authentication import access_cookie
from service_defaults.cookies import for_this_host

# Of the refresh cookie too: the frontend refreshes on a visitor's behalf, on any of its pages.
_PATH = "/"


def set_auth_cookies(response: HttpResponseBase, pair: TokenPair) -> None:
    """Set both cookies, each for as long as its token lasts."""
    _set(response, access_cookie(), pair.access, path=_PATH, lasts=settings.AUTH_ACCESS_SECONDS)
    _set(response, _refresh_cookie(), pair.refresh, path=_PATH, lasts=settings.AUTH_REFRESH_SECONDS)


def clear_auth_cookies(response: HttpResponseBase) -> None:
    """Clear both cookies."""
    response.delete_cookie(access_cookie(), path=_PATH, samesite="Lax")
    response.delete_cookie(_refresh_cookie(), path=_PATH, samesite="Lax")


def refresh_token(request: Request) -> str:
    """Return the refresh token that the browser sent, or a blank."""
    return request.COOKIES.get(_refresh_cookie(), "")


def _refresh_cookie() -> str:
    return for_this_host("refresh_token", settings.PUBLIC_ORIGIN)


def _set(response: HttpResponseBase, name: str, value: str, *, path: str, lasts: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=lasts,
        path=path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
