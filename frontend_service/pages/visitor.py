"""Who is looking at this page."""

import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from frontend_service.clients.api import Api
from frontend_service.clients.cookies import ACCESS, REFRESH
from frontend_service.clients.errors import ApiError
from frontend_service.clients.refreshing import claims_of, has_run_out


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Whoever the browser's cookies belong to.

    `unknown` means that accounts did not answer. Then `id` is what the access token says, unverified: enough
    to lay out a page, while the APIs still check the token itself before they give or change anything.
    """

    id: UUID | None = None
    email: str = ""
    is_staff: bool = False
    unknown: bool = False

    @property
    def is_signed_in(self) -> bool:
        """Whether there is an account behind this visit."""
        return self.id is not None


class PageRequest(HttpRequest):
    """A request as the views get it, after `VisitorSession` has prepared it."""

    api: Api
    visitor: Visitor
    request_id: str


def who_visits(api: Api) -> Visitor:
    """Ask accounts who this is. Never raises: a page without its greeting is better than no page."""
    cookies = api.gateway.cookies
    if not cookies.get(ACCESS) and not cookies.get(REFRESH):
        return Visitor()
    try:
        user = api.current_user()
    except ApiError:
        return Visitor(id=_subject(cookies.get(ACCESS)), unknown=True)
    return Visitor(id=user.id, email=user.email, is_staff=user.is_staff) if user else Visitor()


def _subject(access_token: str) -> UUID | None:
    claims: dict[str, Any] = claims_of(access_token)
    if has_run_out(access_token, now=time.time()):
        return None
    try:
        return UUID(str(claims.get("sub")))
    except ValueError:
        return None
