"""The context of every template."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

SHOP_NAME = "Secondrow"


def site(request: HttpRequest) -> dict[str, Any]:
    """The shop's name, the visitor, and the request's id for error reports."""
    return {
        "shop_name": SHOP_NAME,
        "visitor": getattr(request, "visitor", None),
        "request_id": getattr(request, "request_id", ""),
        "is_test_mode": not takes_real_money(),
        "has_mailbox": bool(settings.MAILBOX),
        "account_next": _next_after_sign_in(request),
    }


def _next_after_sign_in(request: HttpRequest) -> str:
    """The page to return to after signing in from here; empty for the start page."""
    is_page = request.method == "GET" and not request.path.startswith("/auth/")
    return request.get_full_path() if is_page and request.path != "/" else ""


def takes_real_money() -> bool:
    """Whether Stripe's key is a live one, for real cards."""
    return bool(settings.STRIPE_PUBLISHABLE_KEY.startswith("pk_live"))
