"""What a session is known by to its user."""

import re

from rest_framework.request import Request

from auth_service.accounts.operations import Client

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


def client_of(request: Request) -> Client:
    """The user agent and the address that ask, as far as they say."""
    user_agent = _UNPRINTABLE.sub("", request.headers.get("User-Agent", ""))
    return Client(user_agent=user_agent, address=getattr(request, "client_ip", ""))
