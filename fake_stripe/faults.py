"""What may go wrong between Stripe and us, switched on and off over `/_faults` while the fake runs.

`PUT /_faults` with `{"seed": 7, "faults": [{"on": "confirm", "kind": "lost_answer", "times": 2}]}` replaces
the whole plan, `GET` shows it with how often each fault has struck, `DELETE` ends it. Of the faults on an
operation the first that wants to strikes. Webhooks go wrong where they are sent: see `webhooks`.
"""

import asyncio
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from random import Random
from typing import Any, Self

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

WEBHOOK = "webhook"

_SECONDS_UNLESS_TOLD = 5.0


class Kind(StrEnum):
    """What goes wrong."""

    DELAY = "delay"  # the request waits `seconds` before anything happens, even if its sender gives up
    LOST_REQUEST = "lost_request"  # nothing happens, and the connection drops
    LOST_ANSWER = "lost_answer"  # it happens, its answer is kept under its key, and the connection drops
    ERROR = "error"  # nothing happens, and the answer is a 500
    DOUBLED = "doubled"  # the event comes twice
    LATE = "late"  # it comes `seconds` later
    REORDERED = "reordered"  # it comes after the next one, or after `seconds` where there is none
    MISSING = "missing"  # it never comes


_ON_WEBHOOKS = frozenset({Kind.DOUBLED, Kind.LATE, Kind.REORDERED, Kind.MISSING})
_ON_CALLS = frozenset(Kind) - _ON_WEBHOOKS
OPERATIONS = ("create", "confirm", "capture", "cancel", "refund", "fetch", WEBHOOK)


@dataclass(kw_only=True)
class Fault:
    """One thing that goes wrong on one operation.

    At most `times` (None: until the plan ends), and each time only with that `chance`.
    """

    on: str
    kind: Kind
    times: int | None = None
    chance: float = 1.0
    seconds: float = _SECONDS_UNLESS_TOLD
    struck: int = 0
    dice: Random = field(default_factory=Random, repr=False)

    @classmethod
    def planned(cls, wish: dict[str, Any], seed: str) -> Self:
        """Read one from JSON. Raises ValueError, TypeError in words for whoever wrote it."""
        fault = cls(**{**wish, "kind": Kind(wish.get("kind", "")), "struck": 0, "dice": Random(seed)})
        if fault.on not in OPERATIONS:
            raise ValueError(f"{fault.on!r} is none of the operations {', '.join(OPERATIONS)}")
        if fault.kind not in (_ON_WEBHOOKS if fault.on == WEBHOOK else _ON_CALLS):
            raise ValueError(f"{fault.kind.value} can't happen to {fault.on}")
        if not (0 <= fault.chance <= 1 and fault.seconds >= 0 and (fault.times is None or fault.times >= 1)):
            raise ValueError("chance is from 0 to 1, seconds from 0 and times from 1")
        return fault

    def strikes(self) -> bool:
        """Whether it strikes now."""
        if self.struck == self.times or self.dice.random() >= self.chance:
            return False
        self.struck += 1
        return True

    def shown(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {name: value for name, value in asdict(self).items() if name != "dice"}


class Faults:
    """The plan. It is kept in memory only: a bank that was killed comes back without faults."""

    def __init__(self) -> None:
        self._plan: list[Fault] = []

    def strike(self, operation: str) -> Fault | None:
        """Return what goes wrong this time, None where nothing does."""
        return next((fault for fault in self._plan if fault.on == operation and fault.strikes()), None)

    def serve(self, app: web.Application) -> None:
        """Add the routes by which the plan is changed. Like all others they ask for a secret key."""
        app.router.add_get("/_faults", self._show)
        app.router.add_put("/_faults", self._replace)
        app.router.add_delete("/_faults", self._end)

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response({"faults": [fault.shown() for fault in self._plan]})

    async def _replace(self, request: web.Request) -> web.Response:
        try:
            wish = await request.json()
            seed = wish.get("seed", 0)
            # A die of its own for each: what strikes doesn't depend on how the operations mix.
            self._plan = [
                Fault.planned(fault, f"{seed}:{number}") for number, fault in enumerate(wish["faults"])
            ]
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise web.HTTPBadRequest(reason=f"This is no plan of faults: {error}") from error
        return await self._show(request)

    async def _end(self, request: web.Request) -> web.Response:
        self._plan = []
        return await self._show(request)


def misfortune(faults: Faults) -> Middleware:
    """Return the middleware that lets calls go wrong; it stands between the network and everything else."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        operation = _operation(request)
        fault = faults.strike(operation) if operation else None
        if fault is None:
            return await handler(request)
        # Read first: whoever gives up while we wait has sent the request all the same.
        await request.read()
        match fault.kind:
            case Kind.DELAY:
                await asyncio.sleep(fault.seconds)
                return await handler(request)
            case Kind.ERROR:
                error = {"type": "api_error", "message": "The fake Stripe was told to fail."}
                return web.json_response({"error": error}, status=500)
            case Kind.LOST_ANSWER:
                await handler(request)
        return _drop(request)

    return middleware


def _operation(request: web.Request) -> str | None:
    """Return which of our calls a request is, None for whatever else the fake serves."""
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
    """Hang up without a word; the response returned is never sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
