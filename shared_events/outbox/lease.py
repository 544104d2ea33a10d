"""The lease by which one relay of a service publishes at a time, with a fence against late ones."""

import time
from dataclasses import dataclass
from datetime import datetime
from math import inf
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now

from shared_events.models import RelayLease


class LeaseLost(Exception):
    """Another relay has taken over; this one must stop writing."""


@dataclass
class Lease:
    """The right to publish, with the fence that proves it. Times are the database's."""

    holder: UUID
    seconds: float
    fence: int = 0
    renewed: float = 0.0

    def hold(self) -> bool:
        """Take the lease when it is free, renew it when it is ours and ageing; return whether we hold it."""
        if self.fence and time.monotonic() - self.renewed < self.seconds / 3:
            return True
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE shared_events_relaylease
                SET fence = fence + (holder IS DISTINCT FROM %(me)s)::int, holder = %(me)s,
                    expires_at = clock_timestamp() + make_interval(secs => %(seconds)s)
                WHERE id = 1 AND (holder = %(me)s OR expires_at < clock_timestamp())
                RETURNING fence
                """,
                {"me": self.holder, "seconds": self.seconds},
            )
            row = cursor.fetchone()
        self.fence, self.renewed = (row[0] if row else 0), time.monotonic()
        return bool(self.fence)

    def is_away(self) -> bool:
        """Return whether another has taken the lease. One that lapsed and nobody took is ours still."""
        return not RelayLease.objects.filter(holder=self.holder).exists()

    def release(self) -> None:
        """Let a spare relay take over at once."""
        RelayLease.objects.filter(holder=self.holder, fence=self.fence).update(holder=None, expires_at=Now())
        self.fence = 0


def free_for() -> float | None:
    """Return for how many seconds no relay has held the lease, None while one holds it."""
    row = RelayLease.objects.filter(id=1).values_list("holder", "expires_at").first()
    if row is None:
        return inf
    holder, expires_at = row
    seconds = (_database_now() - expires_at).total_seconds()
    return None if holder is not None and seconds < 0 else max(seconds, 0.0)


def _database_now() -> datetime:
    """Return the time by the database's clock, which decides about leases."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]  # type: ignore[no-any-return]
