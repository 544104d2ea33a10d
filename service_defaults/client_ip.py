"""Who is really asking, when the frontend asks on a visitor's behalf.

The frontend adds `X-Visitor-Address: <ip> <hex hmac-sha256>`, signed with a key it shares with the services.
An unsigned or wrongly signed header is ignored.
"""

import hashlib
import hmac
from ipaddress import ip_address
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest

if TYPE_CHECKING:
    from rest_framework.request import Request

HEADER = "X-Visitor-Address"


def sign(address: str) -> str:
    """The header's value for a visitor at this IP address."""
    return f"{address} {_signature(address)}"


def address_of(request: HttpRequest) -> str:
    """The visitor's IP address: as the frontend vouches for it, else as our ingress saw it."""
    return _vouched(request.headers.get(HEADER, "")) or _seen_by_ingress(request)


def is_trusted_proxy(request: "HttpRequest | Request") -> bool:
    """Whether the frontend asks, on a visitor's behalf."""
    return bool(_vouched(request.headers.get(HEADER, "")))


def _vouched(header: str) -> str:
    address, _, signature = header.partition(" ")
    genuine = hmac.compare_digest(signature.encode(), _signature(address).encode())
    return _valid(address) if genuine else ""


def _seen_by_ingress(request: HttpRequest) -> str:
    # Only the last entry was written by our own ingress; those before it are the sender's claim.
    nearest = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return _valid(nearest) or request.META.get("REMOTE_ADDR", "")


def _valid(address: str) -> str:
    try:
        return str(ip_address(address))
    except ValueError:
        return ""


def _signature(address: str) -> str:
    key = settings.CLIENT_IP_SIGNING_KEY.encode()
    return hmac.new(key, address.encode(), hashlib.sha256).hexdigest()
