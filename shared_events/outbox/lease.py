"""The lease by which one relay of a service publishes at a time, with a fence against late ones."""

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
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
    #: Touched whenever the lease is taken or renewed, and removed when it is released: it shows who only
    #: sees this machine that the relay is at work.
    file: Path | None = None

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
        if self.fence and self.file is not None:
            # A disk that takes nothing must not stop the relay.
            with suppress(OSError):
                self.file.touch()
        return bool(self.fence)

    def is_away(self) -> bool:
        """Return whether another has taken the lease. A lapsed lease that none has taken is still ours."""
        return not RelayLease.objects.filter(holder=self.holder).exists()

    def release(self) -> None:
        """Let a spare relay take over at once."""
        if self.fence and self.file is not None:
            # Before the row: the spare relay may have the same file.
            with suppress(OSError):
                self.file.unlink(missing_ok=True)
        RelayLease.objects.filter(holder=self.holder, fence=self.fence).update(holder=None, expires_at=Now())
        self.fence = 0
