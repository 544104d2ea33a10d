"""Payments settle by themselves: a command for speed, a sweep for certainty."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.db import transaction

from payments_service.payments import lost_intents, operations, payment_sync
from payments_service.providers import ProviderUnavailable
from service_defaults.clock import database_now
from service_defaults.idempotency.store import purge_old_records
from service_defaults.rate_limits.counting import purge_old_usages
from service_defaults.revocation.operations import purge_old_revocations
from shared_events import sweeps

sweeps.every(seconds=600)(purge_old_records)
sweeps.every(seconds=600)(purge_old_revocations)
sweeps.every(seconds=600)(purge_old_usages)

#: Payments that one transaction of the sweep sends on their way.
SWEEP_SIZE = 200
#: How long it is remembered which of Stripe's events were heard.
KEEP_STRIPE_EVENTS = timedelta(days=30)


@shared_task(name=operations.SETTLE_PAYMENT)
def settle_payment(*, payment_id: str, **_: object) -> None:
    """Walk to Stripe for a payment. Safe to repeat; what it leaves undone is swept."""
    payment_sync.settle_payment(UUID(payment_id))


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


@shared_task(name=operations.FIND_LOST_INTENTS)
def find_lost_intents(**_: object) -> None:
    """Ask Stripe for intents that a restored database doesn't know. What isn't found is asked for again."""
    with suppress(ProviderUnavailable):
        lost_intents.find_lost_intents(now=database_now())


@sweeps.every(seconds=5)
def begin_searches() -> int:
    """Have intents looked for that are lost; return how many are."""
    with transaction.atomic():
        return operations.begin_searches()


@sweeps.every(seconds=3600)
def purge_stripe_events() -> int:
    """Keep the list of Stripe's events short."""
    with transaction.atomic():
        return operations.purge_stripe_events(before=database_now() - KEEP_STRIPE_EVENTS)
