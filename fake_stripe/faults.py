"""Fault injection between Stripe and its client, controlled over `/_faults` while the fake runs.

`PUT /_faults` with `{"seed": 7, "faults": [{"on": "confirm", "kind": "lost_answer", "times": 2}]}` replaces
the whole plan, `GET` returns it with how often each fault was injected, `DELETE` ends it. The first fault of
an operation that applies is injected. Webhooks' faults are injected where they are sent: see `webhooks`.
"""

import asyncio
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from random import Random
from typing import Any, Self

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

WEBHOOK = "webhook"

_DEFAULT_SECONDS = 5.0


class Kind(StrEnum):
    """The kind of a fault."""

    DELAY = "delay"  # the request waits `seconds` before it is handled, even if the client disconnects
    LOST_REQUEST = "lost_request"  # the request isn't handled and the connection drops
    LOST_ANSWER = "lost_answer"  # the request is handled and stored under its key, then the connection drops
    ERROR = "error"  # the request isn't handled and the response is a 500
    DOUBLED = "doubled"  # the event is sent twice
    LATE = "late"  # it is sent `seconds` later
    REORDERED = "reordered"  # it is sent after the next one, or after `seconds` where there is none
    MISSING = "missing"  # it is never sent


_ON_WEBHOOKS = frozenset({Kind.DOUBLED, Kind.LATE, Kind.REORDERED, Kind.MISSING})
_ON_CALLS = frozenset(Kind) - _ON_WEBHOOKS
OPERATIONS = ("create", "confirm", "capture", "cancel", "refund", "fetch", WEBHOOK)


@dataclass(kw_only=True)
class Fault:
    """One fault of one operation.

    It is injected at most `times` (None: until the plan ends), each time with this `chance`.
    """

    on: str
    kind: Kind
    times: int | None = None
    chance: float = 1.0
    seconds: float = _DEFAULT_SECONDS
    struck: int = 0
    random: Random = field(default_factory=Random, repr=False)

    @classmethod
    def from_json(cls, data: dict[str, Any], seed: str) -> Self:
        """Parse one from JSON. Raises ValueError or TypeError with a message for the client."""
        fault = cls(**{**data, "kind": Kind(data.get("kind", "")), "struck": 0, "random": Random(seed)})
        if fault.on not in OPERATIONS:
            raise ValueError(f"{fault.on!r} isn't one of the operations {', '.join(OPERATIONS)}")
        if fault.kind not in (_ON_WEBHOOKS if fault.on == WEBHOOK else _ON_CALLS):
            raise ValueError(f"{fault.kind.value} isn't possible on {fault.on}")
        if not (0 <= fault.chance <= 1 and fault.seconds >= 0 and (fault.times is None or fault.times >= 1)):
            raise ValueError("chance is from 0 to 1, seconds from 0 and times from 1")
        return fault

    def applies(self) -> bool:
        """Whether to inject it now; counts it."""
        if self.struck == self.times or self.random.random() >= self.chance:
            return False
        self.struck += 1
        return True

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {name: value for name, value in asdict(self).items() if name != "random"}


class Faults:
    """The plan of faults. It is kept in memory only: a restarted process has no faults."""

    def __init__(self) -> None:
        self._plan: list[Fault] = []

    def next_fault(self, operation: str) -> Fault | None:
        """Return the fault to inject into this operation, None where there is none."""
        return next((fault for fault in self._plan if fault.on == operation and fault.applies()), None)

    def serve(self, app: web.Application) -> None:
        """Add the routes that change the plan. Like all others they require the secret key."""
        app.router.add_get("/_faults", self._show)
        app.router.add_put("/_faults", self._replace)
        app.router.add_delete("/_faults", self._end)

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response({"faults": [fault.to_json() for fault in self._plan]})

    async def _replace(self, request: web.Request) -> web.Response:
        try:
            data = await request.json()
            seed = data.get("seed", 0)
            # A random generator per fault, so that the faults don't depend on the operations' order.
            self._plan = [
                Fault.from_json(fault, f"{seed}:{number}") for number, fault in enumerate(data["faults"])
            ]
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise web.HTTPBadRequest(reason=f"Not a plan of faults: {error}") from error
        return await self._show(request)

    async def _end(self, request: web.Request) -> web.Response:
        self._plan = []
        return await self._show(request)


def fault_middleware(faults: Faults) -> Middleware:
    """Return the middleware that injects faults into calls; it is the outermost but one."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        operation = _operation(request)
        fault = faults.next_fault(operation) if operation else None
        if fault is None:
            return await handler(request)
        # Read the body first: a client that disconnects during the delay has still sent the request.
        await request.read()
        match fault.kind:
            case Kind.DELAY:
                await asyncio.sleep(fault.seconds)
                return await handler(request)
            case Kind.ERROR:
                error = {"type": "api_error", "message": "A fault was injected."}
                return web.json_response({"error": error}, status=500)
            case Kind.LOST_ANSWER:
                await handler(request)
        return _drop(request)

    return middleware


def _operation(request: web.Request) -> str | None:
    """Return the operation of a request, None for any other path."""
    match request.method, request.path.strip("/").split("/"):
        case "POST", ["v1", "payment_intents"]:
            return "create"
        case "POST", ["v1", "payment_intents", _, ("confirm" | "capture" | "cancel") as verb]:
            return verb
        case "POST", ["v1", "refunds"]:
            return "refund"
        case "GET", ["v1", "payment_intents", _]:
            return "fetch"
    return None


def _drop(request: web.Request) -> web.Response:
    """Close the connection; the returned response is never sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
