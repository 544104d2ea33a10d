"""A fake marketplace in memory with the real APIs' HTTP contract, to test the pages against.

`Marketplace.handle` answers an `httpx.Request`, so tests put it behind `httpx.MockTransport`; `fake_server`
puts a real port in front of it.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx

from frontend_service.tests.fake_answers import Problem, document, new_id, problem_response, timestamp
from frontend_service.tests.fake_listings import LISTING_TERMS, read_listing
from frontend_service.tests.fake_staff import Staff

Json = dict[str, Any]


@dataclass
class Marketplace(Staff):
    """Tests may read and change every public attribute."""

    hold: timedelta = timedelta(minutes=15)
    page_length: int = 100
    replies: dict[str, httpx.Response] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    problems: dict[str, Problem] = field(default_factory=dict)
    seen: list[httpx.Request] = field(default_factory=list)

    # State changes without a request

    def add_ticket(self, *, seller: str = "", title: str = "Nina at the Roundhouse", **more: Any) -> Json:
        ticket = {
            "id": new_id(),
            "title": title,
            "price": "48.00",
            "currency": "USD",
            "userId": seller or new_id(),
            "orderId": None,
            "sold": False,
            "version": 1,
            "description": "",
            "venue": "Roundhouse",
            "startsAt": timestamp(datetime(2031, 5, 17, 19, 30, tzinfo=UTC)),
            "createdAt": timestamp(datetime.now(UTC)),
            "updatedAt": timestamp(datetime.now(UTC)),
            **more,
        }
        self.tickets[ticket["id"]] = ticket
        return ticket

    def add_order(self, *, buyer: str, ticket: Json | None = None, **more: Any) -> Json:
        ticket = ticket or self.add_ticket()
        order = {
            "id": new_id(),
            "status": "created",
            "expiresAt": timestamp(datetime.now(UTC) + self.hold),
            "userId": buyer,
            "extended": False,
            "extensionSeconds": 300,
            "version": 1,
            "createdAt": timestamp(datetime.now(UTC)),
            "history": [{"type": "order.created", "at": timestamp(datetime.now(UTC))}],
            "ticket": {name: ticket[name] for name in ("id", "title", "price", "currency", "version")},
            **more,
        }
        self.orders[order["id"]] = order
        if order["status"] != "cancelled":
            ticket["orderId"] = order["id"]
        return order

    def add_payment(self, order: Json, status: str, **more: Any) -> Json:
        payment = {
            "id": new_id(),
            "orderId": order["id"],
            "status": status,
            "userId": order["userId"],
            "version": 3,
            "updatedAt": timestamp(datetime.now(UTC)),
            **more,
        }
        self.payments[payment["id"]] = payment
        return payment

    # HTTP

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        service = request.url.path.split("/")[2]
        try:
            if service in self.down:
                raise Problem(503, "unavailable", "Not now", retry_after=2)
            self._refuse_on_demand(request)
            return self._answer(request, service)
        except Problem as problem:
            return problem_response(problem, request)

    def _refuse_on_demand(self, request: httpx.Request) -> None:
        problem = self.problems.get(f"{request.method} {request.url.path}") or self.problems.get(
            request.method
        )
        if problem:
            raise problem

    def _answer(self, request: httpx.Request, service: str) -> httpx.Response:
        key = request.headers.get("idempotency-key")
        if key and key in self.replies:
            return self._replay(key, request)
        rest = request.url.path.split("/")[3:]
        if rest == ["openapi.json"]:
            return httpx.Response(200, json=document(service))
        if rest[:1] == ["staff"]:
            return self._staff(request, service, rest[1:])
        routes: dict[str, Callable[..., httpx.Response]] = {
            "users": self._users,
            "tickets": self._tickets,
            "orders": self._orders,
            "payments": self._payments,
        }
        body = json.loads(request.content) if request.content else {}
        response = routes[service](request, rest, body)
        if key:
            response.extensions["body"] = request.content
            self.replies[key] = response
        return response

    def _replay(self, key: str, request: httpx.Request) -> httpx.Response:
        kept = self.replies[key]
        if kept.extensions["body"] != request.content:
            raise Problem(422, "idempotency-key-reused", "This key was used with another body")
        headers = {"Idempotent-Replayed": "true"}
        return httpx.Response(kept.status_code, content=kept.content, headers=headers)

    # Tickets

    def _tickets(self, request: httpx.Request, rest: list[str], body: Json) -> httpx.Response:
        match request.method, rest:
            case "GET", []:
                return self._list(request, self._found_tickets(request))
            case "GET", ["terms"]:
                return httpx.Response(200, json=LISTING_TERMS)
            case "GET", ["summary"]:
                return self._summary(self._signed_in(request))
            case "GET", [ticket_id]:
                return self._ticket_response(_find(self.tickets, ticket_id))
            case "POST", []:
                seller = self._signed_in(request)
                return self._ticket_response(self.add_ticket(seller=seller, **read_listing(body)), 201)
            case "PUT" | "DELETE", [ticket_id]:
                return self._change_ticket(request, _find(self.tickets, ticket_id), body)
        raise Problem(404, "not-found", "Not found")

    def _found_tickets(self, request: httpx.Request) -> list[Json]:
        params = request.url.params
        if "ids" in params:
            return [ticket for ticket in self.tickets.values() if ticket["id"] in params["ids"].split(",")]
        mine = params.get("seller") and params["seller"] == self._visitor(request)
        return [
            ticket
            for ticket in self.tickets.values()
            if (mine or not ticket["orderId"])
            and params.get("seller", ticket["userId"]) == ticket["userId"]
            and params.get("state", _state(ticket)) == _state(ticket)
            and params.get("q", "").lower() in f"{ticket['title']} {ticket['venue']}".lower()
            and Decimal(params.get("minPrice", "0")) <= Decimal(ticket["price"])
            and Decimal(ticket["price"]) <= Decimal(params.get("maxPrice", "1e9"))
        ]

    def _summary(self, seller: str) -> httpx.Response:
        own = [ticket for ticket in self.tickets.values() if ticket["userId"] == seller]
        counts = Counter(_state(ticket) for ticket in own)
        earned = sum(Decimal(ticket["price"]) for ticket in own if ticket["sold"])
        sums = [{"amount": f"{earned:.2f}", "currency": "USD"}] if earned else []
        figures = {state: counts[state] for state in ("listed", "held", "sold")}
        return httpx.Response(200, json=figures | {"earned": sums})

    def _change_ticket(self, request: httpx.Request, ticket: Json, body: Json) -> httpx.Response:
        if ticket["userId"] != self._signed_in(request):
            raise Problem(403, "not-your-ticket", "This is not your ticket.")
        if ticket["orderId"]:
            raise Problem(400, "ticket-reserved", "Cannot edit a reserved ticket")
        if request.headers.get("if-match", f'"{ticket["version"]}"') != f'"{ticket["version"]}"':
            raise Problem(412, "changed-meanwhile", "It has changed since you read it.")
        if request.method == "DELETE":
            del self.tickets[ticket["id"]]
            return httpx.Response(204)
        ticket.update(read_listing(body), version=ticket["version"] + 1)
        return self._ticket_response(ticket)

    def _ticket_response(self, ticket: Json, status: int = 200) -> httpx.Response:
        return httpx.Response(status, json=ticket, headers={"ETag": f'"{ticket["version"]}"'})

    # Orders

    def _orders(self, request: httpx.Request, rest: list[str], body: Json) -> httpx.Response:
        if rest == ["terms"]:
            return httpx.Response(200, json={"holdSeconds": int(self.hold.total_seconds())})
        buyer = self._signed_in(request)
        match request.method, rest:
            case "GET", []:
                own = [order for order in self.orders.values() if order["userId"] == buyer]
                return self._list(
                    request, [{name: order[name] for name in order if name != "history"} for order in own]
                )
            case "POST", []:
                return self._place(buyer, _find(self.tickets, body["ticketId"]))
        order = _find(self.orders, rest[0])
        if order["userId"] != buyer:
            raise Problem(403, "not-your-order", "This is not your order.")
        if request.method == "GET":
            return httpx.Response(200, json=order)
        if rest[1:] == ["extend"]:
            return self._extend(order)
        if order["status"] == "complete":
            raise Problem(400, "order-complete", "A complete order cannot be cancelled")
        self.end_order(order, "buyer")
        return httpx.Response(204)

    def _place(self, buyer: str, ticket: Json) -> httpx.Response:
        if ticket["orderId"]:
            raise Problem(400, "ticket-already-reserved", "Ticket is already reserved")
        if ticket["userId"] == buyer:
            raise Problem(400, "own-ticket", "You cannot buy your own ticket")
        return httpx.Response(201, json=self.add_order(buyer=buyer, ticket=ticket))

    def _extend(self, order: Json) -> httpx.Response:
        if order["extended"]:
            raise Problem(400, "already-extended", "A hold can be extended once.")
        until = datetime.fromisoformat(order["expiresAt"]) + timedelta(minutes=5)
        order.update(extended=True, extensionSeconds=0, expiresAt=timestamp(until))
        self._note(order, "extended")
        return httpx.Response(200, json=order)

    def end_order(self, order: Json, reason: str) -> None:
        order.update(status="cancelled", cancelReason=reason, extensionSeconds=0)
        self._note(order, "cancelled")
        ticket = self.tickets.get(order["ticket"]["id"])
        if ticket:
            ticket.update(orderId=None, sold=False)

    def _note(self, order: Json, what: str) -> None:
        order["history"].append({"type": f"order.{what}", "at": timestamp(datetime.now(UTC))})

    # Payments

    def _payments(self, request: httpx.Request, rest: list[str], body: Json) -> httpx.Response:
        buyer = self._signed_in(request)
        if request.method == "GET":
            wanted = request.url.params["orderId"]
            return httpx.Response(200, json=[p for p in self.payments.values() if p["orderId"] == wanted])
        order = _find(self.orders, body["orderId"])
        if order["userId"] != buyer:
            raise Problem(403, "not-your-order", "This is not your order.")
        if order["status"] == "cancelled":
            raise Problem(400, "order-cancelled", "Cannot pay for a cancelled order")
        return httpx.Response(201, json=self._charge(order, body["token"]))

    def _charge(self, order: Json, token: str) -> Json:
        if "Declined" in token:
            self.add_payment(order, "declined", reasonCode="card_declined", reason="Your card was declined.")
            raise Problem(402, "card-declined", "Your card was declined.", name="token")
        if "threeDSecure" in token:
            order["status"] = "awaiting:payment"
            bank = "https://bank.example/confirm?intent=1"
            return self.add_payment(order, "requires_action", clientSecret="pi_secret", nextActionUrl=bank)
        order["status"] = "complete"
        self._note(order, "completed")
        self.tickets[order["ticket"]["id"]]["sold"] = True
        return self.add_payment(order, "captured")

    def _list(self, request: httpx.Request, items: list[Json]) -> httpx.Response:
        cursor = request.url.params.get("cursor", "")
        if cursor and not cursor.startswith("0"):
            raise Problem(400, "invalid-input", "Cursor is not valid", name="cursor")
        newest = sorted(
            (i for i in items if not cursor or i["id"] < cursor), key=lambda i: i["id"], reverse=True
        )
        page = newest[: self.page_length]
        url = request.url.copy_set_param("cursor", page[-1]["id"]) if page else ""
        headers = {"Link": f'<{url}>; rel="next"'} if len(newest) > len(page) else {}
        return httpx.Response(200, json=page, headers=headers)


def _state(ticket: Json) -> str:
    return "sold" if ticket["sold"] else "held" if ticket["orderId"] else "listed"


def _find(rows: dict[str, Json], row_id: str) -> Json:
    if row_id not in rows:
        raise Problem(404, "not-found", "Not found")
    return rows[row_id]
