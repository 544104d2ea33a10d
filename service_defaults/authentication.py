"""Authentication by access token: `Authorization: Bearer` first, else the `access_token` cookie.

A browser sends its cookies with another site's requests too, so a write by cookie must come from our own
pages; a write by Bearer token may come from anywhere. The function that TOKEN_REVOCATION_CHECK names checks
whether a verified token was revoked.
"""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from service_defaults import cookies, errors, logs, tokens

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OUR_CONTENT = frozenset({"application/json", "application/x-www-form-urlencoded", "multipart/form-data"})


class CrossSiteWrite(errors.PermissionDenied):
    """A write by cookie must come from this site's own pages."""


@dataclass(frozen=True, slots=True)
class Principal:
    """`request.user` of a signed-in request, from the token's claims."""

    id: UUID
    is_staff: bool
    session_id: UUID
    is_authenticated: bool = True

    @property
    def pk(self) -> UUID:
        """Return the id by the name that DRF's throttles use."""
        return self.id


class TokenAuthentication(BaseAuthentication):
    """Authenticates a request by its access token.

    A wrong Bearer token is always 401, one of a suspended account 403. A cookie that is wrong, expired or of
    an ended session makes an anonymous request: 401 on a route that needs a user, by its permission. So does
    a suspended account's for reads; its writes are 403, as are cross-site ones.
    """

    def authenticate(self, request: Request) -> tuple[Principal, tokens.Claims] | None:
        """Return the principal and the token's claims; None for an anonymous visitor."""
        if (bearer := _bearer(request)) is not None:
            claims = tokens.verify(bearer)
            self.ensure_not_revoked(claims)
            return _signed_in(claims)
        cookie = claims_of_cookie(request)
        if cookie is None or not self._is_accepted(cookie, request):
            return None
        require_same_origin(request)
        return _signed_in(cookie)

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401."""
        return "Bearer"

    def ensure_not_revoked(self, claims: tokens.Claims) -> None:
        """Raise an error for a revoked token: see the function of that name."""
        ensure_not_revoked(claims)

    def _is_accepted(self, cookie: tokens.Claims, request: Request) -> bool:
        try:
            self.ensure_not_revoked(cookie)
        except errors.NotSignedIn:
            return False
        except errors.PermissionDenied:
            if request.method in _SAFE_METHODS:
                return False
            raise
        return True


class SignatureOnlyAuthentication(TokenAuthentication):
    """Accepts revoked tokens too: for signing out."""

    def ensure_not_revoked(self, claims: tokens.Claims) -> None:
        """Accept every verified token."""


def principal(request: Request) -> Principal:
    """Return the signed-in user, typed; raise 401 where a route without permission classes has none."""
    if not isinstance(request.user, Principal):
        raise NotAuthenticated
    return request.user


def access_cookie() -> str:
    """Return the name of the cookie that has a browser's access token."""
    return cookies.for_this_host("access_token", settings.PUBLIC_ORIGIN)


def claims_of_cookie(request: HttpRequest | Request) -> tokens.Claims | None:
    """Return the claims of the access cookie's token; None where it is missing, wrong or expired."""
    cookie = request.COOKIES.get(access_cookie())
    if not cookie:
        return None
    try:
        return tokens.verify(cookie)
    except tokens.InvalidToken:
        return None


def ensure_not_revoked(claims: tokens.Claims) -> None:
    """Raise a `NotSignedIn` for a token that was revoked, a `PermissionDenied` for a suspended account's."""
    import_string(settings.TOKEN_REVOCATION_CHECK)(claims)


def require_same_origin(request: HttpRequest | Request) -> None:
    """Raise `CrossSiteWrite` for a write that another site may have caused; safe methods pass."""
    if request.method in _SAFE_METHODS:
        return
    from_our_pages = (
        request.headers.get("Origin") == settings.PUBLIC_ORIGIN
        or request.headers.get("Sec-Fetch-Site") == "same-origin"
    )
    has_body = int(request.META.get("CONTENT_LENGTH") or 0) > 0
    content_type = request.META.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if not from_our_pages or (has_body and content_type not in _OUR_CONTENT):
        raise CrossSiteWrite


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _signed_in(claims: tokens.Claims) -> tuple[Principal, tokens.Claims]:
    logs.user_id.set(str(claims.sub))
    return Principal(id=claims.sub, is_staff=claims.is_staff, session_id=claims.sid), claims
