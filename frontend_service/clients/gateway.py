"""HTTP to the gateway, on behalf of one visitor."""

import logging
import time
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from frontend_service.clients.cookies import ACCESS, REFRESH, CookieJar
from frontend_service.clients.errors import (
    BusinessRuleViolation,
    Forbidden,
    SignedOut,
    TooManyRequests,
    Unavailable,
    error_from,
)
from frontend_service.clients.refreshing import RefreshOnce, is_expired

logger = logging.getLogger(__name__)

READ = httpx.Timeout(4.0, connect=1.0)
# Orders and payments wait up to 2 s for an id that is still on its way to them; payments also calls Stripe.
WRITE = httpx.Timeout(8.0, connect=1.0)
PAY = httpx.Timeout(25.0, connect=1.0)

refresh_once = RefreshOnce()


@cache
def http() -> httpx.Client:
    """The process's connection pool. It ignores the environment's proxy, which isn't for the gateway."""
    transport = httpx.HTTPTransport(retries=1, trust_env=False)
    return httpx.Client(base_url=settings.FRONTEND_API_BASE, transport=transport, trust_env=False)


@dataclass(frozen=True, kw_only=True)
class Caller:
    """What the visitor's browser sent and the APIs need: see Note [The frontend is only a client]."""

    cookies: CookieJar
    origin: str = ""
    fetch_site: str = ""
    request_id: str = ""
    signed_address: str = ""
    user_agent: str = ""


# Note [The frontend is only a client]
# The APIs decide by what the visitor's browser sent, as if it had called them itself: cookies, and
# the Origin and Sec-Fetch-Site that prove that a write came from our own pages. The frontend has no rights of
# its own. The exception is a refresh, which a page may need that the visitor opened from another site: it
# changes nothing but tokens, which go back to the same browser, so the frontend sends its own Origin for it.


class Gateway:
    """Calls for one visitor, during one request. Not for sharing between threads."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.cookies = caller.cookies
        self._refresh_attempted = False

    def copy(self) -> "Gateway":
        """A gateway for another thread, which only reads: the cookies that an API sets there are dropped."""
        self._refresh_if_expired()
        copied = Gateway(replace(self.caller, cookies=CookieJar(self.cookies.header())))
        copied._refresh_attempted = True
        return copied

    def send(
        self,
        method: str,
        path: str,
        *,
        timeout: httpx.Timeout = READ,
        headers: dict[str, str] | None = None,
        **content: Any,
    ) -> httpx.Response:
        """The API's successful response; anything else is raised as an `ApiError`."""
        self._refresh_if_expired()
        return self._send(method, path, timeout=timeout, headers=headers or {}, **content)

    def _send(
        self, method: str, path: str, *, timeout: httpx.Timeout, headers: dict[str, str], **content: Any
    ) -> httpx.Response:
        service = path.split("/")[2]
        try:
            response = http().request(
                method, path, headers=self._headers(headers), timeout=timeout, **content
            )
        except httpx.HTTPError as error:
            logger.warning("%s is not answering: %r", service, error)
            raise Unavailable(service=service) from error
        self.cookies.update(response.headers.get_list("set-cookie"))
        if not response.is_success:
            raise error_from(response, service=service)
        return response

    def _headers(self, more: dict[str, str]) -> dict[bytes, bytes]:
        """The headers of every call. Bytes, because a browser's headers may contain any."""
        caller = self.caller
        sent = {
            "Host": urlsplit(settings.PUBLIC_ORIGIN).netloc,
            "Accept": "application/json",
            "Cookie": self.cookies.header(),
            "Origin": caller.origin,
            "Sec-Fetch-Site": caller.fetch_site,
            "X-Request-Id": caller.request_id,
            "X-Visitor-Address": caller.signed_address,
            "User-Agent": caller.user_agent,
        } | more
        return {name.encode(): value.encode("latin-1") for name, value in sent.items() if value}

    def _refresh_if_expired(self) -> None:
        refresh_token = self.cookies.get(REFRESH)
        if self._refresh_attempted or not refresh_token:
            return
        if not is_expired(self.cookies.get(ACCESS), now=time.time()):
            return
        self._refresh_attempted = True
        try:
            self.cookies.update(refresh_once.cookies_for(refresh_token, self._refresh))
        except (Unavailable, TooManyRequests, TimeoutError):
            # The page is rendered without it; an API that needs a signed-in visitor refuses by itself.
            logger.warning("an access token could not be refreshed")

    def _refresh(self) -> list[str]:
        """The Set-Cookie headers of a refresh: new tokens, or the end of the old ones."""
        headers = {"Origin": settings.PUBLIC_ORIGIN, "Sec-Fetch-Site": "same-origin"}
        try:
            response = self._send("POST", "/api/users/refresh", timeout=READ, headers=headers, json={})
        except (SignedOut, Forbidden, BusinessRuleViolation):
            # Without it no browser would take a __Host- cookie back.
            secure = "; Secure" if settings.PUBLIC_ORIGIN.startswith("https:") else ""
            return [f'{name}=""; Path=/; Max-Age=0; HttpOnly{secure}' for name in (ACCESS, REFRESH)]
        return response.headers.get_list("set-cookie")


def is_reachable() -> None:
    """Raises `Unavailable` when the gateway doesn't answer. The APIs behind it aren't checked."""
    try:
        http().get("/api/users/jwks.json", timeout=httpx.Timeout(1.0))
    except httpx.HTTPError as error:
        raise Unavailable("The gateway is not answering.") from error
