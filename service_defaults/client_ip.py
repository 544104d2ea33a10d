"""The visitor's IP address, also where the frontend makes the request on the visitor's behalf.

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
    """Return the header's value for a visitor at this IP address."""
    return f"{address} {_signature(address)}"


def address_of(request: HttpRequest) -> str:
    """Return the visitor's IP address: as the frontend has signed it, else as the ingress saw it."""
    return _signed_address(request.headers.get(HEADER, "")) or _address_from_ingress(request)


def is_trusted_proxy(request: "HttpRequest | Request") -> bool:
    """Whether the request comes from the frontend, on a visitor's behalf."""
    return bool(_signed_address(request.headers.get(HEADER, "")))


def _signed_address(header: str) -> str:
    address, _, signature = header.partition(" ")
    is_valid = hmac.compare_digest(signature.encode(), _signature(address).encode())
    return _valid(address) if is_valid else ""


def _address_from_ingress(request: HttpRequest) -> str:
    # Only the last entry was written by our own ingress; the client may have sent those before it.
    last = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return _valid(last) or request.META.get("REMOTE_ADDR", "")


def _valid(address: str) -> str:
    try:
        return str(ip_address(address))
    except ValueError:
        return ""


def _signature(address: str) -> str:
    key = settings.CLIENT_IP_SIGNING_KEY.encode()
    return hmac.new(key, address.encode(), hashlib.sha256).hexdigest()
