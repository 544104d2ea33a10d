"""A browser's session: two cookies that no script can read."""

from django.conf import settings
from django.http import HttpResponseBase
from rest_framework.request import Request

from auth_service.credentials.tokens import TokenPair
from service_defaults.authentication import ACCESS_COOKIE

REFRESH_COOKIE = "refresh_token"

# The refresh cookie too: the frontend refreshes on a visitor's behalf, so every page must get to see it.
_PATH = "/"


def give(response: HttpResponseBase, pair: TokenPair) -> None:
    """Set both cookies, each for as long as its token lasts."""
    _set(response, ACCESS_COOKIE, pair.access, path=_PATH, lasts=settings.AUTH_ACCESS_SECONDS)
    _set(response, REFRESH_COOKIE, pair.refresh, path=_PATH, lasts=settings.AUTH_REFRESH_SECONDS)


def take(response: HttpResponseBase) -> None:
    """Clear both cookies."""
    response.delete_cookie(ACCESS_COOKIE, path=_PATH, samesite="Lax")
    response.delete_cookie(REFRESH_COOKIE, path=_PATH, samesite="Lax")


def refresh_token(request: Request) -> str:
    """The refresh token that the browser sent, or nothing."""
    return request.COOKIES.get(REFRESH_COOKIE, "")


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
