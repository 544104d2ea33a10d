"""The client of a request: its user agent and address."""

import re

from rest_framework.request import Request

from auth_service.accounts.operations import Client

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


def client_of(request: Request) -> Client:
    """Return the request's user agent, printable ASCII alone, and its IP address."""
    user_agent = _UNPRINTABLE.sub("", request.headers.get("User-Agent", ""))
    return Client(user_agent=user_agent, address=getattr(request, "client_ip", ""))
