"""What every template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

SHOP_NAME = "Secondrow"


def shop(request: HttpRequest) -> dict[str, Any]:
    """The shop's name, who visits, and the request's id for whoever has to report a problem."""
    return {
        "shop_name": SHOP_NAME,
        "visitor": getattr(request, "visitor", None),
        "request_id": getattr(request, "request_id", ""),
        "is_test_mode": not takes_real_money(),
        "has_mailbox": bool(settings.MAILBOX),
        "account_next": _worth_coming_back_to(request),
    }


def _worth_coming_back_to(request: HttpRequest) -> str:
    """The page to return to after signing in from here; empty where the start page is as good."""
    is_page = request.method == "GET" and not request.path.startswith("/auth/")
    return request.get_full_path() if is_page and request.path != "/" else ""


def takes_real_money() -> bool:
    """Whether the key is Stripe's for real cards."""
    return bool(settings.STRIPE_PUBLISHABLE_KEY.startswith("pk_live"))
