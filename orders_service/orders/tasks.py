"""Holds end on time: a countdown per hold for precision, a sweep for certainty."""

from uuid import UUID

from celery import shared_task
from django.db import transaction

from orders_service.orders import operations
from service_defaults.clock import database_now
from service_defaults.idempotency.kept import forget_old_answers
from service_defaults.rate_limits.counting import forget_old_usages
from service_defaults.revocation.operations import forget_old_revocations
from shared_events import sweeps

sweeps.every(seconds=600)(forget_old_answers)
sweeps.every(seconds=600)(forget_old_revocations)
sweeps.every(seconds=600)(forget_old_usages)

#: Holds that one transaction ends, besides a countdown's own.
AT_ONCE = 200


@shared_task(name=operations.EXPIRE_ORDER)
def expire_order(*, order_id: str, **_: object) -> None:
    """End the hold if its time is over. Safe to repeat; if it comes early, the sweep ends the hold.

    Others that are due are taken along, so that many countdowns at once cost little more than one.
    """
    with transaction.atomic():
        now = database_now()
        if operations.expire_order(order_id=UUID(order_id), now=now):
            operations.expire_due_orders(now=now, most=AT_ONCE)


@sweeps.every(seconds=2)
def expire_due_orders() -> int:
    """End every hold whose countdown was lost or came early; return how many."""
    ended, more = 0, AT_ONCE
    while more == AT_ONCE:
        with transaction.atomic():
            more = operations.expire_due_orders(now=database_now(), most=AT_ONCE)
        ended += more
    return ended
