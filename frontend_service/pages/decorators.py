"""Who may open a page, and where they may be sent afterwards."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http.response import HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme

from frontend_service.clients.errors import Unavailable
from frontend_service.pages.problems import to_sign_in
from frontend_service.pages.visitor import PageRequest

PageView = Callable[..., HttpResponseBase]


def login_required(view: PageView) -> PageView:
    """Redirect visitors who aren't signed in; raises `Unavailable` when accounts doesn't answer."""

    @wraps(view)
    def guarded(request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.visitor.is_signed_in:
            return view(request, *args, **kwargs)
        if request.visitor.unknown:
            raise Unavailable(service="users")
        return to_sign_in(request)

    return guarded


def safe_next(address: str, *, default: str = "/") -> str:
    """Where to go after signing in: a path on this site, never another site's URL."""
    is_path = address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    return address if is_path else default
