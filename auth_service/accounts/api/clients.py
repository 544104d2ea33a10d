"""What a session is known by to its user."""

import re

from rest_framework.request import Request

from auth_service.accounts.operations import Client

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


def client_of(request: Request) -> Client:
    """The program and the address that ask, as far as they say."""
    program = _UNPRINTABLE.sub("", request.headers.get("User-Agent", ""))
    return Client(program=program, address=getattr(request, "visitor_address", ""))
