"""Wait for a replica of what another service made a moment ago: its event may not be applied here yet."""

import time
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from service_defaults.transactions import require_no_transaction

#: The event about an older id has been applied here, or never will be.
RECENT_SECONDS = 10.0
#: The version of UUIDs that begin with the time they were made (RFC 9562), in milliseconds.
UUID_WITH_TIME = 7
#: How long to wait for a recent id, and how often to query.
TIMEOUT_SECONDS, POLL_SECONDS = 2.0, 0.05

Found = TypeVar("Found")


def wait_for_replica(find: Callable[[UUID], Found | None], id: UUID) -> Found | None:
    """Return what `find(id)` finds, waiting up to two seconds while the UUIDv7 is younger than ten.

    No transaction may be open: the row would never appear, and others would wait for ours.
    """
    # Refused even where there is nothing to wait for, so that tests find every misplaced call.
    require_no_transaction("wait_for_replica")
    found = find(id)
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while found is None and _is_recent(id) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        found = find(id)
    return found


def _is_recent(id: UUID) -> bool:
    return id.version == UUID_WITH_TIME and abs(time.time() - (id.int >> 80) / 1000) < RECENT_SECONDS
