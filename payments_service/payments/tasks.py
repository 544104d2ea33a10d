"""Payments settle by themselves: a command for speed, a sweep for certainty."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.db import transaction

from payments_service.payments import lost_intents, operations, paying
from payments_service.providers import ProviderUnavailable
from service_defaults.clock import database_now
from shared_events import sweeps

#: Payments whose commands one transaction of the sweep schedules.
SWEEP_SIZE = 200
#: How long webhooks are stored.
STRIPE_EVENT_RETENTION = timedelta(days=30)


@shared_task(name=operations.SETTLE_PAYMENT)
def settle_payment(*, payment_id: str, **_: object) -> None:
    """Settle a payment. Safe to repeat; what it leaves undone is swept."""
    paying.settle_payment(UUID(payment_id))


@sweeps.every(seconds=2)
def settle_due_payments() -> int:
    """Schedule the command of every payment that is due; return how many."""
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
    """Search for intents that were lost by a restore; the sweep repeats it until all are found."""
    with suppress(ProviderUnavailable):
        lost_intents.find_lost_intents(now=database_now())


@sweeps.every(seconds=5)
def begin_searches() -> int:
    """Schedule a search if intents are lost; return how many are."""
    with transaction.atomic():
        return operations.begin_searches()


@sweeps.every(seconds=3600)
def purge_stripe_events() -> int:
    """Delete old webhooks."""
    with transaction.atomic():
        return operations.purge_stripe_events(before=database_now() - STRIPE_EVENT_RETENTION)
