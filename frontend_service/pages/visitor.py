"""The visitor of a page."""

import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from frontend_service.clients.api import Api
from frontend_service.clients.cookies import ACCESS, REFRESH
from frontend_service.clients.errors import ApiError
from frontend_service.clients.refreshing import claims_of, is_expired


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """The visitor that the browser's cookies belong to.

    `unknown` means that accounts didn't answer. Then `id` and `is_staff` come from the unverified access
    token: enough to render a page, since the APIs verify the token themselves.
    """

    id: UUID | None = None
    email: str = ""
    is_staff: bool = False
    unknown: bool = False

    @property
    def is_signed_in(self) -> bool:
        """Whether the visitor has signed in."""
        return self.id is not None


class PageRequest(HttpRequest):
    """A request as `VisitorSession` prepares it for the views."""

    api: Api
    visitor: Visitor
    request_id: str


def get_visitor(api: Api) -> Visitor:
    """Get the visitor from accounts. Never raises: a page without the visitor's name is better than none."""
    cookies = api.gateway.cookies
    if not cookies.get(ACCESS) and not cookies.get(REFRESH):
        return Visitor()
    try:
        user = api.current_user()
    except ApiError:
        return _unverified(cookies.get(ACCESS))
    return Visitor(id=user.id, email=user.email, is_staff=user.is_staff) if user else Visitor()


def _unverified(access_token: str) -> Visitor:
    claims: dict[str, Any] = claims_of(access_token)
    if is_expired(access_token, now=time.time()):
        return Visitor(unknown=True)
    try:
        return Visitor(id=UUID(str(claims.get("sub"))), is_staff=claims.get("staff") is True, unknown=True)
    except ValueError:
        return Visitor(unknown=True)
