"""What is counted of payments, for Prometheus."""

from datetime import datetime

from django.db import transaction
from prometheus_client import Counter, Histogram

from payments_service.payments.models import OPEN, OrderReplica, Payment, Status

FINISHED = Counter("payments_finished", "Payments that have got an outcome.", ["outcome"])
SETTLE_DURATION = Histogram(
    "payment_settle_seconds",
    "From the order's end to the money captured or released at the provider.",
    buckets=(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0),
)


def count_outcome(status: Status) -> None:
    """Count a payment that gets a status, if that is an outcome, when the transaction commits."""
    if status not in (*OPEN, Status.AUTHORIZED):
        transaction.on_commit(FINISHED.labels(status.value).inc)


def observe_settling(payment: Payment, order: OrderReplica, status: Status, now: datetime) -> None:
    """Count how long the money took, when the transaction commits, if this status ends its way.

    The payment's last progress before was the end of its order.
    """
    if status in (Status.CAPTURED, Status.VOIDED) and not order.is_open:
        took = max((now - payment.last_progress_at).total_seconds(), 0)
        transaction.on_commit(lambda: SETTLE_DURATION.observe(took))
