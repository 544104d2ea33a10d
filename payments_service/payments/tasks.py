"""Payments settle by themselves: a command for speed, a sweep for certainty."""

from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.db import transaction

from payments_service.payments import operations, settlement
from service_defaults.clock import database_now
from service_defaults.idempotency.kept import forget_old_answers
from service_defaults.rate_limits.counting import forget_old_usages
from service_defaults.revocation.operations import forget_old_revocations
from shared_events import sweeps

sweeps.every(seconds=600)(forget_old_answers)
sweeps.every(seconds=600)(forget_old_revocations)
sweeps.every(seconds=600)(forget_old_usages)

#: Payments that one transaction of the sweep sends on their way.
SWEEP_SIZE = 200
#: How long it is remembered which of Stripe's events were heard.
KEEP_STRIPE_EVENTS = timedelta(days=30)


@shared_task(name=operations.SETTLE_PAYMENT)
def settle_payment(*, payment_id: str, **_: object) -> None:
    """Walk to Stripe for a payment. Safe to repeat; what it leaves undone is swept."""
    settlement.settle_payment(UUID(payment_id))


@sweeps.every(seconds=2)
def settle_due_payments() -> int:
    """Send every payment that is due on its way; return how many."""
    with transaction.atomic():
        operations.end_leases_without_holder(now=database_now())
    sent, more = 0, SWEEP_SIZE
    while more == SWEEP_SIZE:
        with transaction.atomic():
            more = operations.settle_due_payments(now=database_now(), most=SWEEP_SIZE)
        sent += more
    return sent


@sweeps.every(seconds=3600)
def forget_stripe_events() -> int:
    """Keep the list of Stripe's events short."""
    with transaction.atomic():
        return operations.forget_stripe_events(before=database_now() - KEEP_STRIPE_EVENTS)
