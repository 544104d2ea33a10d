"""Sends events to the payments service, signed as Stripe signs, with retries."""

import asyncio
import hashlib
import hmac
import json
import logging
import time
from collections import deque
from typing import Any

import aiohttp

from fake_stripe.faults import WEBHOOK, Fault, Faults, Kind

log = logging.getLogger(__name__)

#: Seconds before each attempt to deliver an event. The real Stripe retries for three days.
DELAYS = (0.2, 1.0, 5.0, 30.0)


class Webhooks:
    """Sends every event to one endpoint, subject to the planned faults."""

    def __init__(self, url: str, secret: str, faults: Faults) -> None:
        self._url = url
        self._secret = secret.encode()
        self._faults = faults
        self._order = DeliveryOrder()
        self._tasks: set[asyncio.Task[None]] = set()

    def schedule(self, event: Any) -> None:
        """Deliver `event` in the background, with its state of this moment."""
        payload = json.dumps(event._export(), sort_keys=True).encode()  # noqa: SLF001 - no public way
        sending = self._send(event.type, payload, self._faults.next_fault(WEBHOOK))
        task = asyncio.get_running_loop().create_task(sending)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, kind: str, payload: bytes, fault: Fault | None) -> None:
        match fault:
            case Fault(kind=Kind.MISSING):
                return
            case Fault(kind=Kind.LATE, seconds=seconds):
                await asyncio.sleep(seconds)
            case Fault(kind=Kind.REORDERED, seconds=seconds):
                await self._order.wait_for_next(seconds)
            case Fault(kind=Kind.DOUBLED):
                await self._deliver(kind, payload)
        await self._deliver(kind, payload)

    async def _deliver(self, kind: str, payload: bytes) -> None:
        for delay in DELAYS:
            await asyncio.sleep(delay)
            if await self._accepted(payload):
                self._order.notify_delivered()
                return
        log.warning("gave up delivering %s", kind)

    async def _accepted(self, payload: bytes) -> bool:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": self._signature(payload),
        }
        timeout = aiohttp.ClientTimeout(total=10)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self._url, data=payload, headers=headers) as answer,
            ):
                return answer.ok
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _signature(self, payload: bytes) -> str:
        now = int(time.time())
        digest = hmac.new(self._secret, b"%d.%s" % (now, payload), hashlib.sha256).hexdigest()
        return f"t={now},v1={digest}"


class DeliveryOrder:
    """Delays an event until a later one was delivered."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Event] = deque()

    async def wait_for_next(self, seconds: float) -> None:
        """Wait until an event was delivered, `seconds` at most."""
        passed = asyncio.Event()
        self._waiting.append(passed)
        try:
            async with asyncio.timeout(seconds):
                await passed.wait()
        except TimeoutError:
            self._waiting.remove(passed)

    def notify_delivered(self) -> None:
        """Release the waiting events."""
        while self._waiting:
            self._waiting.popleft().set()
