"""What is counted of payments, for Prometheus."""

from datetime import datetime

from django.db import transaction
from prometheus_client import Counter, Histogram

FINISHED = Counter("payments_finished", "Payments that have got an outcome.", ["outcome"])
SETTLE_DURATION = Histogram(
    "payment_settle_seconds",
    "From the order's end to the money captured or released at the provider.",
    buckets=(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0),
)


def count_outcome(outcome: str) -> None:
    """Count a payment, when the transaction commits."""
    transaction.on_commit(FINISHED.labels(outcome).inc)


def observe_settling(since: datetime, now: datetime) -> None:
    """Count how long the money took, when the transaction commits."""
    took = max((now - since).total_seconds(), 0)
    transaction.on_commit(lambda: SETTLE_DURATION.observe(took))
