"""What is counted of holds, for Prometheus."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction
from prometheus_client import Counter, Histogram

from service_defaults.errors import DomainError

STARTED = Counter("holds_started", "Holds that buyers were given.")
REFUSED = Counter("holds_refused", "Holds that buyers were refused, by the problem's code.", ["reason"])
ENDED = Counter("holds_ended", "Holds that have ended: completed, or cancelled for a reason.", ["outcome"])
EXPIRY_LATENESS = Histogram(
    "hold_expiry_lateness_seconds",
    "How long after its end an unpaid hold was released.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0),
)


def count_start() -> None:
    """Count a hold, when the transaction commits."""
    transaction.on_commit(STARTED.inc)


def count_end(outcome: str) -> None:
    """Count the end of a hold, when the transaction commits."""
    transaction.on_commit(ENDED.labels(outcome).inc)


def observe_expiry(expires_at: datetime, now: datetime) -> None:
    """Count a hold that expired, when the transaction commits, and how late that is."""
    count_end("expired")
    late = max((now - expires_at).total_seconds(), 0)
    transaction.on_commit(lambda: EXPIRY_LATENESS.observe(late))


@contextmanager
def counting_refusals() -> Iterator[None]:
    """Count what a rule of the domain refuses in the block."""
    try:
        yield
    except DomainError as error:
        REFUSED.labels(error.slug()).inc()
        raise
