"""Names of cookies, with the prefixes by which browsers enforce a cookie's attributes (RFC 6265bis)."""

from urllib.parse import urlsplit


def for_this_host(name: str, origin: str) -> str:
    """Return `__Host-…` where visitors use https: Secure, for every path and no other host of the domain."""
    return f"__Host-{name}" if _is_https(origin) else name


def for_a_path(name: str, origin: str) -> str:
    """Return `__Secure-…` where visitors use https, for a cookie that is sent to some paths alone."""
    return f"__Secure-{name}" if _is_https(origin) else name


def _is_https(origin: str) -> bool:
    return urlsplit(origin).scheme == "https"
