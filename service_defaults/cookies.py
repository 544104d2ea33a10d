"""Names of cookies. A prefix makes browsers hold a cookie to what it was set as (RFC 6265bis)."""

from urllib.parse import urlsplit


def for_this_host(name: str, origin: str) -> str:
    """`__Host-…` where visitors come by https: Secure, for every path and no other host of the domain."""
    return f"__Host-{name}" if _is_https(origin) else name


def for_a_path(name: str, origin: str) -> str:
    """`__Secure-…` where visitors come by https, for a cookie that goes to some paths alone."""
    return f"__Secure-{name}" if _is_https(origin) else name


def _is_https(origin: str) -> bool:
    return urlsplit(origin).scheme == "https"
