"""The marketplace's API as one visitor uses it: a method per route.

Every method raises the errors of `frontend_service.clients.errors`, and nothing else.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

import httpx

from frontend_service.clients.answers import next_cursor, read
from frontend_service.clients.errors import NotFound
from frontend_service.clients.gateway import PAY, WRITE, Gateway
from frontend_service.clients.schemas import (
    HoldTerms,
    Json,
    ListingTerms,
    ListPage,
    Order,
    Payment,
    SellerSummary,
    Ticket,
    User,
)

Schema = TypeVar("Schema")
PAGE_LENGTH = 24
# A service's OpenAPI document is at the same place in each of them.
SERVICES = ("users", "tickets", "orders", "payments")


class Api:
    """`key` arguments are idempotency keys: a form that is sent twice takes effect once."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    # Accounts

    def current_user(self) -> User | None:
        """The user that the visitor's cookies belong to, or None."""
        return read(self.gateway.send("GET", "/api/users/currentuser"), _user_in)

    def sign_up(self, *, email: str, password: str) -> None:
        """Create an account and sign the visitor in to it, by cookies."""
        self._post("/api/users/signup", {"email": email, "password": password})

    def sign_in(self, *, email: str, password: str) -> None:
        """Sign the visitor in by cookies."""
        self._post("/api/users/signin", {"email": email, "password": password})

    def sign_out(self) -> None:
        """End the visitor's session, here and on the server."""
        self._post("/api/users/signout", {})

    # Tickets

    def list_tickets(self, *, filters: dict[str, str], cursor: str = "") -> ListPage[Ticket]:
        """Tickets that can be bought, newest first; all of the visitor's own, where `seller` is their id."""
        return self._list("/api/tickets", Ticket.from_json, filters, cursor)

    def find_tickets(self, ids: Sequence[UUID]) -> list[Ticket]:
        """These tickets in any state, without withdrawn ones."""
        params = {"ids": ",".join(map(str, ids)), "limit": str(len(ids))}
        response = self.gateway.send("GET", "/api/tickets", params=params)
        return read(response, lambda body: [Ticket.from_json(item) for item in body])

    def get_seller_summary(self) -> SellerSummary:
        """The number of the visitor's own listings by state, and what the sold ones bring."""
        return read(self.gateway.send("GET", "/api/tickets/summary"), SellerSummary.from_json)

    def get_listing_terms(self) -> ListingTerms:
        """What tickets accepts of a listing."""
        return read(self.gateway.send("GET", "/api/tickets/terms"), ListingTerms.from_json)

    def get_ticket(self, ticket_id: UUID) -> Ticket:
        """One ticket, with the `etag` that a later change has to send."""
        response = self.gateway.send("GET", f"/api/tickets/{ticket_id}")
        etag = response.headers.get("etag", "")
        return read(response, lambda body: Ticket.from_json(body, etag=etag))

    def create_ticket(self, *, fields: Json, key: str) -> Ticket:
        """List a ticket for sale."""
        return read(self._post("/api/tickets", fields, key=key), Ticket.from_json)

    def change_ticket(self, ticket_id: UUID, *, fields: Json, etag: str = "") -> None:
        """Replace a listing's fields; raises `PreconditionFailed` when it no longer has this `etag`."""
        headers = {"If-Match": etag} if etag else {}
        self.gateway.send("PUT", f"/api/tickets/{ticket_id}", json=fields, headers=headers, timeout=WRITE)

    def withdraw_ticket(self, ticket_id: UUID) -> None:
        """Take a listing off sale, for good."""
        self.gateway.send("DELETE", f"/api/tickets/{ticket_id}", timeout=WRITE)

    # Orders

    def place_order(self, ticket_id: UUID, *, key: str) -> Order:
        """Hold a ticket."""
        return read(self._post("/api/orders", {"ticketId": str(ticket_id)}, key=key), Order.from_json)

    def get_hold_terms(self) -> HoldTerms:
        """What holding a ticket means."""
        return read(self.gateway.send("GET", "/api/orders/terms"), HoldTerms.from_json)

    def list_orders(self, *, cursor: str = "") -> ListPage[Order]:
        """The visitor's own orders, newest first."""
        return self._list("/api/orders", Order.from_json, {}, cursor)

    def get_order(self, order_id: UUID) -> Order:
        """One of the visitor's own orders."""
        return read(self.gateway.send("GET", f"/api/orders/{order_id}"), Order.from_json)

    def extend_order(self, order_id: UUID) -> None:
        """Extend a hold, which is possible once."""
        self._post(f"/api/orders/{order_id}/extend", {})

    def cancel_order(self, order_id: UUID) -> None:
        """Release a held ticket."""
        self.gateway.send("DELETE", f"/api/orders/{order_id}", timeout=WRITE)

    # Payments

    def pay(self, order_id: UUID, *, token: str, key: str) -> Payment:
        """Try to pay with a card's token; raises `PaymentRefused` with the bank's reason."""
        body = {"orderId": str(order_id), "token": token}
        return read(self._post("/api/payments", body, key=key, timeout=PAY), Payment.from_json)

    def list_payments(self, order_id: UUID) -> list[Payment]:
        """The attempts to pay this order, oldest first. Ids are UUIDv7, so they go by age."""
        try:
            response = self.gateway.send("GET", "/api/payments", params={"orderId": str(order_id)})
        except NotFound:
            return []
        payments = read(response, lambda body: [Payment.from_json(item) for item in body])
        return sorted(payments, key=lambda payment: payment.id)

    # Documents

    def get_document(self, service: str) -> Json:
        """One service's OpenAPI document."""
        response = self.gateway.send("GET", f"/api/{service}/openapi.json")
        return read(response, dict)

    def _post(
        self, path: str, body: Json, *, key: str = "", timeout: httpx.Timeout = WRITE
    ) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return self.gateway.send("POST", path, json=body, headers=headers, timeout=timeout)

    def _list(
        self, path: str, parse: Callable[[Json], Schema], filters: dict[str, str], cursor: str
    ) -> ListPage[Schema]:
        params = filters | {"limit": str(PAGE_LENGTH)} | ({"cursor": cursor} if cursor else {})
        response = self.gateway.send("GET", path, params=params)
        items = read(response, lambda body: [parse(item) for item in body])
        return ListPage(items=items, cursor=next_cursor(response))


def _user_in(body: Json) -> User | None:
    user = body["currentUser"]
    return User.from_json(user) if user else None
