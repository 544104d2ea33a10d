"""The fake marketplace's staff routes: events, search, today's figures, and actions."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from frontend_service.tests.fake_accounts import Accounts
from frontend_service.tests.fake_answers import Problem, new_id, timestamp

Json = dict[str, Any]
#: The service behind each API's prefix.
SERVICES = {"users": "auth", "tickets": "tickets", "orders": "orders", "payments": "payments"}
_PUBLISHED = {"auth": "user", "tickets": "ticket", "orders": "order", "payments": "payment"}
_FOLLOWED = {
    "auth": (),
    "tickets": ("order", "user"),
    "orders": ("payment", "ticket", "user"),
    "payments": ("order", "user"),
}


@dataclass
class Staff(Accounts):
    """The routes under `/api/<service>/staff`, for users with `isStaff`."""

    tickets: dict[str, Json] = field(default_factory=dict)
    orders: dict[str, Json] = field(default_factory=dict)
    payments: dict[str, Json] = field(default_factory=dict)
    #: Each service's events, oldest first, as `staff/events/log` has them.
    logs: dict[str, list[Json]] = field(default_factory=dict)
    #: Each service's parked events, with `traceback` and `envelope`.
    parked: dict[str, list[Json]] = field(default_factory=dict)
    #: Changes of a service's status, by the service.
    statuses: dict[str, Json] = field(default_factory=dict)
    #: The halted streams' reason, by service and stream.
    halted: dict[tuple[str, str], str] = field(default_factory=dict)
    #: What resuming from a position would lose.
    lost: list[Json] = field(default_factory=list)
    numbers: dict[str, list[Json]] = field(default_factory=dict)
    #: What staff did: the service, the path below `staff/`, and the body.
    acted: list[tuple[str, str, Json]] = field(default_factory=list)
    has_recent_login: bool = True

    # State changes without a request

    def record(
        self, event_type: str, aggregate_id: str, data: Json, *, minutes_ago: float, cause: Json | None = None
    ) -> Json:
        """Add an event to its publisher's log."""
        stream = event_type.partition(".")[0]
        service = next(name for name, published in _PUBLISHED.items() if published == stream)
        log = self.logs.setdefault(service, [])
        event = {
            "stream": stream,
            "position": len(log) + 1,
            "eventId": new_id(),
            "type": event_type,
            "aggregateId": aggregate_id,
            "version": 1 + sum(one["aggregateId"] == aggregate_id for one in log),
            "occurredAt": timestamp(datetime.now(UTC) - timedelta(minutes=minutes_ago)),
            "correlationId": cause["correlationId"] if cause else new_id().replace("-", ""),
            "causationId": cause["eventId"] if cause else None,
            "traceId": None,
            "data": data,
        }
        log.append(event)
        return event

    def park(self, service: str, event: Json, *, error: str, state: str = "dead", **more: Any) -> Json:
        """Park an event in a service that follows it."""
        now = datetime.now(UTC)
        parked = {
            "id": sum(map(len, self.parked.values())) + 1,
            "state": state,
            **{name: event[name] for name in ("stream", "position", "type", "aggregateId")},
            "tries": 9 if state == "dead" else 3,
            "error": error,
            "parkedAt": timestamp(now - timedelta(hours=3)),
            "deadAt": timestamp(now - timedelta(hours=2)) if state == "dead" else None,
            "nextTryAt": timestamp(now + timedelta(minutes=4)) if state == "parked" else None,
            "waitingBehind": 0,
            "handlers": [],
            "traceback": f"Traceback (most recent call last):\n  …\n{error}" if error else "",
            "envelope": event,
            **more,
        }
        self.parked.setdefault(service, []).append(parked)
        return parked

    # HTTP

    def _staff(self, request: httpx.Request, prefix: str, rest: list[str]) -> httpx.Response:
        user = self._user(self._signed_in(request))
        if not user.get("isStaff"):
            raise Problem(403, "not-staff", "This is for staff.")
        service = SERVICES[prefix]
        if request.method == "POST":
            return self._act(service, rest, json.loads(request.content))
        return httpx.Response(200, json=self._read(request, service, rest))

    def _read(self, request: httpx.Request, service: str, rest: list[str]) -> Any:
        params = request.url.params
        if rest[0] == "events":
            return self._read_events(service, rest[1:], params)
        match rest:
            case ["search"]:
                return {"matches": list(self._matches(service, params["q"].lower()))}
            case ["today"]:
                return {"numbers": self.numbers.get(service, [])}
            case ["orders" | "payments"]:
                rows = self.orders if rest == ["orders"] else self.payments
                return [one for one in rows.values() if params.get("status", one["status"]) == one["status"]]
            case [kind, thing_id]:
                return self._thing(kind, thing_id)
        raise Problem(404, "not-found", "Not found")

    def _read_events(self, service: str, rest: list[str], params: httpx.QueryParams) -> Any:
        match rest:
            case []:
                return self._status(service)
            case ["parked"]:
                hidden = ("traceback", "envelope")
                rows = self.parked.get(service, [])
                return [{name: row[name] for name in row if name not in hidden} for row in rows]
            case ["parked", parked_id]:
                return self._parked_event(service, parked_id)
            case ["streams", stream]:
                lost = self.lost if "from" in params else []
                return self._followed(service, stream) | {"lost": lost, "lostCount": len(lost)}
            case ["log"]:
                return list(self._about(service, params["about"]))
        raise Problem(404, "not-found", "Not found")

    def _thing(self, kind: str, thing_id: str) -> Json:
        accounts = {
            user["id"]: user | {"status": user.get("status", "active")} for user in self.users.values()
        }
        tickets = {one["id"]: {"state": _state(one)} | one for one in self.tickets.values()}
        rows = {
            "users": accounts,
            "tickets": tickets,
            "orders": self.orders,
            "payments": self.payments,
        }.get(kind, {})
        if thing_id not in rows:
            raise Problem(404, "not-found", "Not found")
        return {name: value for name, value in rows[thing_id].items() if name not in ("password", "history")}

    def _act(self, service: str, rest: list[str], body: Json) -> httpx.Response:
        if not body.get("reason"):
            raise Problem(400, "reason-required", "Say why.", name="reason")
        if rest[-1] == "refund" and not self.has_recent_login:
            raise Problem(403, "recent-login-required", "Sign in again.")
        if rest[:2] == ["events", "parked"]:
            self._parked_event(service, rest[2])
        self.acted.append((service, "/".join(rest), body))
        if rest[-1] == "redrive":
            count = len(self.parked[service]) if body.get("alike") else 1
            return httpx.Response(202, json={"count": count})
        result = {"position": body.get("from", 41), "lost": 0} if rest[-1] == "resume" else {}
        return httpx.Response(200, json={"id": rest[-2]} | result)

    def _parked_event(self, service: str, parked_id: str) -> Json:
        for row in self.parked.get(service, []):
            if str(row["id"]) == parked_id:
                return row
        raise Problem(404, "not-found", "Not found")

    def _about(self, service: str, about: str) -> Iterable[Json]:
        for event in self.logs.get(service, []):
            named = (event["aggregateId"], event["eventId"], event["correlationId"])
            if about in named or about in json.dumps(event["data"]):
                yield event

    def _matches(self, service: str, text: str) -> Iterable[Json]:
        rows: dict[str, tuple[str, dict[str, Json]]] = {
            "auth": ("account", {user["id"]: user for user in self.users.values()}),
            "tickets": ("ticket", self.tickets),
            "orders": ("order", self.orders),
            "payments": ("payment", self.payments),
        }
        kind, things = rows[service]
        for thing in things.values():
            label = thing.get("email") or thing.get("title") or thing.get("ticket", {}).get("title", "")
            if text in f"{thing['id']} {thing.get('orderId')} {label} {thing.get('cardLast4', '')}".lower():
                yield {
                    "kind": kind,
                    "id": thing["id"],
                    "label": label or thing.get("amount", ""),
                    "detail": "",
                    "at": timestamp(datetime.now(UTC)),
                    "related": [],
                }

    def _status(self, service: str) -> Json:
        rows = self.parked.get(service, [])
        dead = sum(row["state"] == "dead" for row in rows)
        followed = [self._followed(service, stream) for stream in _FOLLOWED[service]]
        return {
            "service": service,
            "published": [_published(_PUBLISHED[service], len(self.logs.get(service, [])))],
            "followed": followed,
            "lease": {"holder": new_id(), "isHeld": True, "freeSeconds": None},
            "unsentCommands": 0,
            "oldestUnsentCommandSeconds": None,
            "parkedEvents": len(rows) - dead,
            "oldestParkedEventSeconds": 10800.0 if len(rows) > dead else None,
            "deadLetters": dead,
            "oldestDeadLetterSeconds": 7200.0 if dead else None,
            "skipped": [],
            "lagEvents": sum(stream["lagEvents"] for stream in followed),
            "haltedStreams": sum(stream["haltedSeconds"] is not None for stream in followed),
            "unpublishedEvents": 0,
            "oldestUnpublishedSeconds": None,
        } | self.statuses.get(service, {})

    def _followed(self, service: str, stream: str) -> Json:
        if stream not in _FOLLOWED[service]:
            raise Problem(404, "not-found", "Not found")
        reason = self.halted.get((service, stream))
        return {
            "stream": stream,
            "position": 41,
            "lastId": new_id(),
            "head": 44 if reason else 41,
            "lagEvents": 3 if reason else 0,
            "catchUpSeconds": None,
            "backfills": 0,
            "haltedSeconds": 1500.0 if reason else None,
            "haltReason": reason or "",
        }


def _state(ticket: Json) -> str:
    return "sold" if ticket["sold"] else "held" if ticket["orderId"] else "listed"


def _published(stream: str, head: int) -> Json:
    return {
        "stream": stream,
        "head": head,
        "lastId": new_id(),
        "published": head,
        "loggedEvents": head,
        "archivedEvents": 0,
        "unsequencedEvents": 0,
        "unpublishedEvents": 0,
        "oldestUnpublishedSeconds": None,
    }
