"""The services' terms, the same for every visitor: requested once a minute, and cached in between."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from frontend_service.clients.api import Api
from frontend_service.clients.errors import ApiError
from frontend_service.clients.schemas import HoldTerms, ListingTerms

KEEP_SECONDS = 60.0
#: How soon they are requested again after a failure.
RETRY_SECONDS = 5.0
Shape = TypeVar("Shape")


@dataclass
class CachedTerms(Generic[Shape]):
    """One service's terms as they were fetched last. Two threads may fetch them at once."""

    fetch: Callable[[Api], Shape]
    value: Shape | None = None
    due_at: float = field(default=float("-inf"))

    def get(self, api: Api) -> Shape | None:
        """Return the terms: the last ones while the service fails, None where there are none yet.

        A visitor whose request is refused (suspended, rate limited) gets the last ones, too.
        """
        now = time.monotonic()
        if now >= self.due_at:
            try:
                self.value, self.due_at = self.fetch(api), now + KEEP_SECONDS
            except ApiError:
                self.due_at = now + RETRY_SECONDS
        return self.value


hold_terms: CachedTerms[HoldTerms] = CachedTerms(Api.get_hold_terms)
listing_terms: CachedTerms[ListingTerms] = CachedTerms(Api.get_listing_terms)


def forget() -> None:
    """Have all terms fetched again."""
    for cached in (hold_terms, listing_terms):
        cached.value, cached.due_at = None, float("-inf")
