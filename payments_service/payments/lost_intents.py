"""Finding the intents of payments that a restore has made older than these: Stripe knows whose they are.

We write each payment's id on its intent. An attempt ends as abandoned only once it is certain that Stripe has
no intent of it.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from payments_service.clients import stripe
from payments_service.clients.stripe import ProviderRecord
from payments_service.payments import operations, queries

logger = logging.getLogger(__name__)

#: An intent is made moments after its payment; clocks may differ, and a call to Stripe may take its time.
MARGIN = timedelta(minutes=2)


def find_lost_intents(*, now: datetime) -> int:
    """Give payments the intents back that Stripe has of them; return how many. Raises StripeUnavailable."""
    lost = queries.list_without_their_intents()
    if not lost:
        return 0
    times = [payment.created_at for payment in lost]
    found = _by_payment(stripe.list_provider_records(since=min(times) - MARGIN, until=max(times) + MARGIN))
    for payment in lost:
        booked = found.get(str(payment.id))
        is_certain = payment.created_at + MARGIN < now
        if booked or is_certain:
            with transaction.atomic(durable=True):
                operations.end_search(
                    payment_id=payment.id, intent_id=booked.intent_id if booked else None, now=now
                )
    return len(found.keys() & {str(payment.id) for payment in lost})


def _by_payment(books: Iterable[ProviderRecord]) -> dict[str, ProviderRecord]:
    """Return the intent of each payment; of several the one with money in it, or else the first."""
    intents: dict[str, list[ProviderRecord]] = defaultdict(list)
    for booked in books:  # newest first
        intents[booked.payment_id].append(booked)
    return {
        payment_id: next((one for one in several if one.held or one.taken), several[-1])
        for payment_id, several in intents.items()
    }
