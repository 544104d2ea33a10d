"""Tells the payments service what happened, signed as Stripe signs, and again when nobody answers."""

import asyncio
import hashlib
import hmac
import json
import logging
import time
from typing import Any

import aiohttp

log = logging.getLogger(__name__)

#: Seconds before each delivery of one event. The real Stripe goes on for three days.
PAUSES = (0.2, 1.0, 5.0, 30.0)


class Webhooks:
    """The one endpoint that hears of everything."""

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._secret = secret.encode()
        self._under_way: set[asyncio.Task[None]] = set()

    def schedule(self, event: Any) -> None:
        """Deliver `event` soon, in the background; its state is the one of this moment."""
        payload = json.dumps(event._export(), sort_keys=True).encode()  # noqa: SLF001 - no public way
        task = asyncio.get_running_loop().create_task(self._deliver(event.type, payload))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _deliver(self, kind: str, payload: bytes) -> None:
        for pause in PAUSES:
            await asyncio.sleep(pause)
            if await self._accepted(payload):
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
