"""Patience with ids that are so young that the event about them may still be on its way."""

import time
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from django.db import transaction

#: An id older than this is known here by now, or never will be. Seconds.
YOUNG = 10.0
#: The version of UUIDs that begin with the time they were made (RFC 9562), in milliseconds.
UUID_WITH_TIME = 7
#: How long to wait for a young one, and how often to look. Seconds.
PATIENCE, STEP = 2.0, 0.05

Found = TypeVar("Found")


def wait_for_replica(find: Callable[[UUID], Found | None], id: UUID) -> Found | None:
    """Return what `find(id)` finds, waiting a moment while the UUIDv7 is younger than ten seconds.

    No transaction may be open: the row would never appear, and others would wait for ours.
    """
    # Refused even where there is nothing to wait for, so that a misplaced call never gets past its tests.
    if _in_transaction():
        raise RuntimeError("wait_for_replica must not run inside a transaction")
    found = find(id)
    give_up = time.monotonic() + PATIENCE
    while found is None and _is_young(id) and time.monotonic() < give_up:
        time.sleep(STEP)
        found = find(id)
    return found


def _in_transaction() -> bool:
    # The one that a test case wraps around a test doesn't count.
    blocks = transaction.get_connection().atomic_blocks
    return any(not getattr(block, "_from_testcase", False) for block in blocks)


def _is_young(id: UUID) -> bool:
    return id.version == UUID_WITH_TIME and abs(time.time() - (id.int >> 80) / 1000) < YOUNG
