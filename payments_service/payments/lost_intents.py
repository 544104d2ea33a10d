"""Finding the intents of payments whose database was restored to a state before these were written.

The provider stores each payment's id with its intent. An attempt ends as abandoned only once it is certain
that the provider has no intent of it.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from payments_service.payments import operations, queries
from payments_service.providers import ProviderRecord, get_provider

logger = logging.getLogger(__name__)

#: An intent is made moments after its payment: allows for clocks that differ, and for a slow call.
MARGIN = timedelta(minutes=2)


def find_lost_intents(*, now: datetime) -> int:
    """Set the payments' intents from the provider's records; return how many. Raises ProviderUnavailable."""
    lost = queries.list_without_their_intents()
    if not lost:
        return 0
    times = [payment.created_at for payment in lost]
    found = _by_payment(get_provider().list_records(since=min(times) - MARGIN, until=max(times) + MARGIN))
    for payment in lost:
        record = found.get(str(payment.id))
        is_certain = payment.created_at + MARGIN < now
        if record or is_certain:
            with transaction.atomic(durable=True):
                operations.end_search(
                    payment_id=payment.id, intent_id=record.intent_id if record else None, now=now
                )
    return len(found.keys() & {str(payment.id) for payment in lost})


def _by_payment(records: Iterable[ProviderRecord]) -> dict[str, ProviderRecord]:
    """Return the intent of each payment; of several the one with money in it, or else the first."""
    intents: dict[str, list[ProviderRecord]] = defaultdict(list)
    for record in records:  # newest first
        intents[record.payment_id].append(record)
    return {
        payment_id: next((one for one in several if one.held or one.taken), several[-1])
        for payment_id, several in intents.items()
    }
