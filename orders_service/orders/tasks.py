"""Holds end on time: a countdown per hold for precision, a sweep for certainty."""

from celery import shared_task
from django.db import transaction

from orders_service.orders import operations
from service_defaults.clock import database_now
from shared_events import sweeps

#: Holds that one transaction ends.
AT_ONCE = 200


@shared_task(name=operations.EXPIRE_DUE_ORDERS)
@sweeps.every(seconds=2)
def expire_due_orders() -> int:
    """End every hold whose time is over; return how many. The sweep finds those whose countdown was lost."""
    ended, more = 0, AT_ONCE
    while more == AT_ONCE:
        with transaction.atomic():
            more = operations.expire_due_orders(now=database_now(), most=AT_ONCE)
        ended += more
    return ended
