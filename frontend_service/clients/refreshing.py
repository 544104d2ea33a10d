"""A new access token for a visitor whose old one has run out.

# Note [One refresh per token]
A refresh token may be used once: a second use ends the whole session, because that is what a thief would do.
But a browser sends several requests at once with the same cookies. So in this process the first of them
refreshes, the others wait for its answer, and late callers within a few seconds are given the same cookies.
"""

import base64
import hashlib
import json
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

KEEP_SECONDS = 10.0
EARLY_SECONDS = 5
LONGEST_WAIT_SECONDS = 10.0


def claims_of(token: str) -> dict[str, Any]:
    """What an access token says, UNVERIFIED: good for deciding what to show, never for what is allowed."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def has_run_out(token: str, *, now: float) -> bool:
    """Whether an access token is missing, unreadable or (nearly) past its `exp`; `now` in epoch seconds."""
    expires = claims_of(token).get("exp")
    return not isinstance(expires, int | float) or expires <= now + EARLY_SECONDS


@dataclass
class _Flight:
    answer: Future[list[str]] = field(default_factory=Future)
    landed_at: float | None = None


class RefreshOnce:
    """See Note [One refresh per token]. `clock` counts seconds and never goes back."""

    def __init__(self, *, keep: float = KEEP_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._keep = keep
        self._clock = clock
        self._lock = Lock()
        self._flights: dict[str, _Flight] = {}

    def cookies_for(self, token: str, refresh: Callable[[], list[str]]) -> list[str]:
        """The Set-Cookie headers that `refresh()` got for this token, calling it once for all who ask.

        Raises what `refresh` raised, in everybody who waited; the next to ask tries again.
        """
        key = hashlib.sha256(token.encode("latin-1", "replace")).hexdigest()
        with self._lock:
            self._forget_old()
            flight = self._flights.get(key)
            leads = flight is None
            if flight is None:
                flight = self._flights[key] = _Flight()
        if leads:
            self._fly(key, flight, refresh)
        return flight.answer.result(timeout=LONGEST_WAIT_SECONDS)

    def _fly(self, key: str, flight: _Flight, refresh: Callable[[], list[str]]) -> None:
        try:
            answer = refresh()
        except BaseException as error:
            with self._lock:
                self._flights.pop(key, None)
            flight.answer.set_exception(error)
        else:
            flight.landed_at = self._clock()
            flight.answer.set_result(answer)

    def _forget_old(self) -> None:
        oldest = self._clock() - self._keep
        for key, flight in list(self._flights.items()):
            if flight.landed_at is not None and flight.landed_at < oldest:
                del self._flights[key]
