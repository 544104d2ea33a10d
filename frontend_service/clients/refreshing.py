"""Refreshing an expired access token.

# Note [One refresh per token]
A refresh token may be used once: a second use ends the whole session, because it may be stolen.
But a browser sends several requests at once with the same cookies. So in this process the first of them
refreshes, the others wait for its result, and callers within the next seconds get the same cookies.
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
    """An access token's claims, UNVERIFIED: enough to decide what to show, never what is allowed."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def is_expired(token: str, *, now: float) -> bool:
    """Whether an access token is missing, unreadable or (nearly) past its `exp`; `now` in epoch seconds."""
    expires = claims_of(token).get("exp")
    return not isinstance(expires, int | float) or expires <= now + EARLY_SECONDS


@dataclass
class _PendingRefresh:
    answer: Future[list[str]] = field(default_factory=Future)
    finished_at: float | None = None


class RefreshOnce:
    """See Note [One refresh per token]. `clock` counts seconds and never goes back."""

    def __init__(self, *, keep: float = KEEP_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._keep = keep
        self._clock = clock
        self._lock = Lock()
        self._refreshes: dict[str, _PendingRefresh] = {}

    def cookies_for(self, token: str, refresh: Callable[[], list[str]]) -> list[str]:
        """The Set-Cookie headers that `refresh()` returns for this token, called once for all callers.

        Raises what `refresh` raised, in every caller that waited; the next caller tries again.
        """
        key = hashlib.sha256(token.encode("latin-1", "replace")).hexdigest()
        with self._lock:
            self._purge_expired()
            pending = self._refreshes.get(key)
            is_first = pending is None
            if pending is None:
                pending = self._refreshes[key] = _PendingRefresh()
        if is_first:
            self._run(key, pending, refresh)
        return pending.answer.result(timeout=LONGEST_WAIT_SECONDS)

    def _run(self, key: str, pending: _PendingRefresh, refresh: Callable[[], list[str]]) -> None:
        try:
            answer = refresh()
        except BaseException as error:
            with self._lock:
                self._refreshes.pop(key, None)
            pending.answer.set_exception(error)
        else:
            pending.finished_at = self._clock()
            pending.answer.set_result(answer)

    def _purge_expired(self) -> None:
        oldest = self._clock() - self._keep
        for key, pending in list(self._refreshes.items()):
            if pending.finished_at is not None and pending.finished_at < oldest:
                del self._refreshes[key]
