"""The staff APIs, as one member of staff uses them: a method per route.

Every method raises the errors of `frontend_service.clients.errors`, and nothing else.
"""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

import httpx

from frontend_service.clients.answers import next_cursor, read
from frontend_service.clients.gateway import PAY, READ, Gateway
from frontend_service.clients.schemas import Json, ListPage
from frontend_service.clients.staff_schemas import (
    EventStatus,
    HaltedStream,
    LogEvent,
    Match,
    Number,
    ParkedEvent,
)

Schema = TypeVar("Schema")
#: The services with events, and where their APIs are.
PREFIXES = {"auth": "users", "tickets": "tickets", "orders": "orders", "payments": "payments"}
#: The kinds of things that the console shows, and the service of each.
OWNERS = {"account": "auth", "ticket": "tickets", "order": "orders", "payment": "payments"}


class Staff:
    """One service's staff API; `service` is one of PREFIXES."""

    def __init__(self, gateway: Gateway, service: str) -> None:
        self.gateway = gateway
        self.prefix = PREFIXES[service]

    # Events

    def get_event_status(self) -> EventStatus:
        """The state of the service's events."""
        return self._get("events", EventStatus.from_json)

    def list_parked(self, *, cursor: str = "") -> ListPage[ParkedEvent]:
        """The parked events and dead letters, a page at a time."""
        response = self._send("GET", "events/parked", params={"cursor": cursor} if cursor else {})
        items = read(response, lambda body: [ParkedEvent.from_json(item) for item in body])
        return ListPage(items=items, cursor=next_cursor(response))

    def get_parked(self, parked_id: str) -> ParkedEvent:
        """One parked event with its traceback and envelope."""
        return self._get(f"events/parked/{parked_id}", ParkedEvent.from_json)

    def redrive(self, parked_id: str, *, reason: str, alike: bool = False) -> int:
        """Have it, or all with the same error, tried again; returns how many."""
        body = {"reason": reason} | ({"alike": True} if alike else {})
        response = self._send("POST", f"events/parked/{parked_id}/redrive", json=body)
        return read(response, lambda answer: int(answer["count"]))

    def discard(self, parked_id: str, *, reason: str) -> None:
        """Discard a parked event: it is never applied here."""
        self._send("POST", f"events/parked/{parked_id}/discard", json={"reason": reason})

    def get_stream(self, stream: str, *, position: int | None = None) -> HaltedStream:
        """A followed stream, and what resuming it from `position` would lose."""
        params = {} if position is None else {"from": str(position)}
        return self._get(f"events/streams/{stream}", HaltedStream.from_json, params=params)

    def resume(self, stream: str, *, reason: str, position: int | None = None, last_id: str = "") -> Json:
        """Resume a halted stream where it stopped, or from a position; returns `position` and `lost`."""
        body: Json = {"reason": reason} | ({} if position is None else {"from": position})
        body |= {"lastId": last_id} if last_id else {}
        return read(self._send("POST", f"events/streams/{stream}/resume", json=body), dict)

    def list_log(self, about: UUID | str) -> list[LogEvent]:
        """The events about an aggregate, a request or an event, oldest first."""
        return self._get(
            "events/log",
            lambda body: [LogEvent.from_json(item) for item in body],
            params={"about": str(about)},
        )

    # The service's own

    def search(self, text: str) -> list[Match]:
        """What matches an id, or the words or numbers that the service knows its things by."""
        return self._get(
            "search", lambda body: [Match.from_json(item) for item in body["matches"]], params={"q": text}
        )

    def get_today(self) -> list[Number]:
        """The service's figures of today."""
        return self._get("today", lambda body: [Number.from_json(item) for item in body["numbers"]])

    def list_things(self, kind: str, *, filters: dict[str, str]) -> ListPage[Json]:
        """Orders or payments, newest first, as the API has them."""
        response = self._send("GET", f"{kind}s", params=filters)
        return ListPage(items=read(response, list), cursor=next_cursor(response))

    def get_thing(self, kind: str, thing_id: UUID) -> Json:
        """One account, ticket, order or payment as the API has it."""
        return self._get(f"{_plural(kind)}/{thing_id}", dict)

    def act(self, kind: str, thing_id: UUID, verb: str, *, given: Json) -> None:
        """Have a thing released, refunded, settled, suspended, reinstated or withdrawn; `reason` is given."""
        self._send("POST", f"{_plural(kind)}/{thing_id}/{verb}", json=given)

    def _get(self, path: str, parse: Callable[[Any], Schema], **more: Any) -> Schema:
        return read(self._send("GET", path, **more), parse)

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        # An action may wait for the payment provider.
        timeout = PAY if method == "POST" else READ
        return self.gateway.send(method, f"/api/{self.prefix}/staff/{path}", timeout=timeout, **more)


def _plural(kind: str) -> str:
    return "users" if kind == "account" else f"{kind}s"
