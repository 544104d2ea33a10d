"""The visitor's cookies for the APIs' requests and responses. Values are passed on byte for byte."""

from http.cookies import CookieError, Morsel, SimpleCookie

from django.conf import settings

from service_defaults.cookies import for_this_host

ACCESS = for_this_host("access_token", settings.PUBLIC_ORIGIN)
REFRESH = for_this_host("refresh_token", settings.PUBLIC_ORIGIN)


class CookieJar:
    """The cookies of one visitor during one request.

    Starts from the browser's Cookie header without the cookies in `own`, which are this service's alone.
    Every Set-Cookie of an API changes what later calls send, and is kept for the response.
    """

    def __init__(self, header: str, *, own: frozenset[str] = frozenset()) -> None:
        pairs = (pair.strip().partition("=") for pair in header.split(";"))
        self._values = {name: value for name, _, value in pairs if name and name not in own}
        self._set_cookies: dict[str, Morsel[str]] = {}

    def get(self, name: str) -> str:
        """The value of a cookie, or an empty string."""
        return self._values.get(name, "")

    def header(self) -> str:
        """The Cookie header for the next call."""
        return "; ".join(f"{name}={value}" for name, value in self._values.items())

    def update(self, set_cookies: list[str]) -> None:
        """Apply a response's Set-Cookie headers."""
        for header in set_cookies:
            for name, morsel in _parse(header).items():
                self._set_cookies[name] = morsel
                if _ends(morsel):
                    self._values.pop(name, None)
                else:
                    self._values[name] = morsel.coded_value

    def set_cookies(self) -> dict[str, Morsel[str]]:
        """The cookies to set in the visitor's browser, by name."""
        return dict(self._set_cookies)


def _parse(header: str) -> SimpleCookie:
    cookie = SimpleCookie()
    try:
        cookie.load(header)
    except CookieError:
        cookie.clear()
    return cookie


def _ends(morsel: Morsel[str]) -> bool:
    return not morsel.coded_value.strip('"') or str(morsel["max-age"]) == "0"
