"""Clients of the marketplace's HTTP API: one that retries, as all should, and one that never does."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx

from local_stack.user_errors import UserError

Json = dict[str, Any]

#: How long a client goes on trying when a part of the site is away, in seconds.
PATIENCE = 60.0
_AWAY = frozenset({429, 502, 503, 504})
_IN_FLIGHT = 409


class Refusal(UserError):
    """An answer that repeating won't change, with the API's problem document."""

    def __init__(self, status: int, problem: Json) -> None:
        reasons = "; ".join(error["message"] for error in problem.get("errors", [])) or str(problem)
        super().__init__(f"{status}: {reasons}")
        self.status = status
        self.reasons = reasons


class Away(UserError):
    """The site did not answer for as long as the client was willing to wait."""


class Marketplace:
    """The site as one client sees it. Counts in `retries` how often a request had to be repeated."""

    def __init__(self, url: str, *, patience: float = PATIENCE) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, timeout=15)
        self.patience = patience
        self.retries = 0

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str) -> httpx.Response:
        """Return the answer to one GET, whatever it is."""
        return self._http.get(path)

    def call(self, method: str, path: str, *, token: str | None = None, body: Json | None = None) -> Any:
        """Return the JSON answer (None without a body). Raises Refusal, and Away without an answer.

        Whatever is repeated carries the same `Idempotency-Key`, so that it takes effect once.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if method == "POST" and not path.startswith("/api/users"):
            headers["Idempotency-Key"] = str(uuid.uuid4())
        deadline = time.monotonic() + self.patience
        while True:
            answer, wait = self._try(method, path, headers, body)
            if answer is not None:
                return self._read(answer)
            if time.monotonic() + wait > deadline:
                raise Away(f"{method} {path} got no answer for {self.patience:.0f} s")
            self.retries += 1
            time.sleep(wait)

    def _try(
        self, method: str, path: str, headers: dict[str, str], body: Json | None
    ) -> tuple[httpx.Response | None, float]:
        """Return the answer, or None and how many seconds to wait before the next try."""
        try:
            answer = self._http.request(method, path, headers=headers, json=body)
        except httpx.TransportError:
            return None, 0.5
        if answer.status_code in _AWAY:
            return None, float(answer.headers.get("Retry-After", 1))
        if answer.status_code == _IN_FLIGHT and "Idempotency-Key" in headers:
            return None, 0.5
        return answer, 0

    @staticmethod
    def _read(answer: httpx.Response) -> Any:
        if answer.is_error:
            is_json = "json" in answer.headers.get("Content-Type", "")
            raise Refusal(answer.status_code, answer.json() if is_json else {"answer": answer.text[:200]})
        return answer.json() if answer.content else None


class RequestFailed(Exception):
    """A request that wasn't answered as it should be, of a client that never retries."""


class OneTryMarketplace(Marketplace):
    """A client that sends each request once, and keeps how long each answer took and what failed."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.seconds: list[float] = []
        self.failures: list[str] = []

    def get(self, path: str) -> httpx.Response:
        """Return the answer to one GET. Raises RequestFailed."""
        return self._send("GET", path)

    def _try(
        self, method: str, path: str, headers: dict[str, str], body: Json | None
    ) -> tuple[httpx.Response | None, float]:
        return self._send(method, path, headers=headers, json=body), 0

    def _send(self, method: str, path: str, **details: Any) -> httpx.Response:
        started = time.monotonic()
        try:
            answer = self._http.request(method, path, **details)
        except httpx.TransportError as error:
            raise self._failed(f"{method} {path}: {error!r}") from error
        self.seconds.append(time.monotonic() - started)
        if answer.is_server_error:
            raise self._failed(f"{method} {path}: {answer.status_code} {answer.text[:120]}")
        return answer

    def _failed(self, what: str) -> RequestFailed:
        self.failures.append(what)
        return RequestFailed(what)


class Person:
    """A user with an account, who signs in again when their token has expired."""

    def __init__(self, market: Marketplace, email: str, password: str) -> None:
        self._market, self._credentials = market, {"email": email, "password": password}
        self._token: str | None = None

    def sign_up(self) -> None:
        """Make the account; one that is there already is fine, since a lost answer may have made it."""
        try:
            self._market.call("POST", "/api/users/signup", body=self._credentials)
        except Refusal as refusal:
            if "in use" not in refusal.reasons:
                raise

    def sign_out(self) -> None:
        """End the session of the last sign-in, or of a new one."""
        self._call("POST", "/api/users/signout", {})
        self._token = None

    def list_ticket(self, **ticket: Any) -> Json:
        """Put a ticket up for sale and return it."""
        listed: Json = self._call("POST", "/api/tickets", ticket)
        return listed

    def withdraw(self, ticket: Json) -> None:
        """Take a ticket off sale."""
        self._call("DELETE", f"/api/tickets/{ticket['id']}")

    def hold(self, ticket: Json) -> Json:
        """Hold a ticket and return the order."""
        order: Json = self._once_known(lambda: self._call("POST", "/api/orders", {"ticketId": ticket["id"]}))
        return order

    def pay(self, order: Json, token: str) -> Json:
        """Pay for an order with a card token and return the payment. Raises Refusal (402) when declined."""
        body = {"orderId": order["id"], "token": token}
        payment: Json = self._once_known(lambda: self._call("POST", "/api/payments", body))
        return payment

    def cancel(self, order: Json) -> None:
        """Cancel an order."""
        self._call("DELETE", f"/api/orders/{order['id']}")

    def order(self, order: Json) -> Json:
        """Return an order as it is now."""
        found: Json = self._call("GET", f"/api/orders/{order['id']}")
        return found

    def ticket(self, ticket: Json) -> Json:
        """Return a ticket as it is now."""
        found: Json = self._call("GET", f"/api/tickets/{ticket['id']}")
        return found

    def payments(self, order: Json) -> list[Json]:
        """Return the payments made for an order."""
        found: list[Json] = self._call("GET", f"/api/payments?orderId={order['id']}")
        return found

    def _call(self, method: str, path: str, body: Json | None = None) -> Any:
        if self._token is None:
            self._sign_in()
        try:
            return self._market.call(method, path, token=self._token, body=body)
        except Refusal as refusal:
            if refusal.status != httpx.codes.UNAUTHORIZED:
                raise
        self._sign_in()
        return self._market.call(method, path, token=self._token, body=body)

    def _sign_in(self) -> None:
        self._token = self._market.call("POST", "/api/users/token", body=self._credentials)["access"]

    def _once_known(self, request: Callable[[], Json]) -> Json:
        """Repeat it until the other service has received what was just made here, which takes a moment."""
        deadline = time.monotonic() + self._market.patience
        while True:
            try:
                return request()
            except Refusal as refusal:
                if refusal.status != httpx.codes.NOT_FOUND or time.monotonic() > deadline:
                    raise
            self._market.retries += 1
            time.sleep(0.5)
