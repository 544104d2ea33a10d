"""What the services that follow the users count, for Prometheus."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from prometheus_client import Histogram

REVOCATION_DELAY = Histogram(
    "revocation_delay_seconds",
    "From a suspension, or the end of a session, to its tokens being refused here.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0),
)


def observe_revocation(since: datetime) -> None:
    """Count how long a revocation took, when the transaction commits."""

    def observe() -> None:
        REVOCATION_DELAY.observe(max((timezone.now() - since).total_seconds(), 0))

    transaction.on_commit(observe)
