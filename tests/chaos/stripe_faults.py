"""Switches the fake Stripe's faults from outside, for tests and drills.

    with StripeFaults("http://127.0.0.1:8123") as faults:
        faults.plan(Fault("confirm", "lost_answer", times=2), Fault("webhook", "missing"))

Stripe's own client repeats a call once under the same key: a fault meant to be felt strikes twice at least.
"""

from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from local_stack.systems.marketplace import FAKE_STRIPE_KEY


@dataclass(frozen=True)
class Fault:
    """What goes wrong (`kind`) on which operation.

    `on` is create, confirm, capture, cancel, refund or fetch, with the kinds delay, lost_request, lost_answer
    and error; or webhook, with doubled, late, reordered and missing. It strikes at most `times` (None: until
    it is ended), and each time with that `chance`; `seconds` is for the kinds that take time.
    """

    on: str
    kind: str
    times: int | None = None
    chance: float = 1.0
    seconds: float = 5.0


class StripeFaults:
    """The running bank's plan of faults. Leaving the block ends them all."""

    def __init__(self, address: str) -> None:
        self._http = httpx.Client(base_url=address, auth=(FAKE_STRIPE_KEY, ""), trust_env=False, timeout=5)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.end()
        except httpx.TransportError:
            pass  # a bank that is gone has forgotten its faults
        finally:
            self._http.close()

    def plan(self, *faults: Fault, seed: int = 0) -> None:
        """Replace the plan. The same `seed` strikes at the same calls again. Raises httpx.HTTPError."""
        body = {"seed": seed, "faults": [asdict(fault) for fault in faults]}
        self._http.put("/_faults", json=body).raise_for_status()

    def end(self) -> None:
        """End all faults. Raises httpx.HTTPError."""
        self._http.delete("/_faults").raise_for_status()

    def struck(self) -> list[int]:
        """Return how often each fault has struck, in the plan's order. Raises httpx.HTTPError."""
        shown: dict[str, Any] = self._http.get("/_faults").raise_for_status().json()
        return [fault["struck"] for fault in shown["faults"]]
