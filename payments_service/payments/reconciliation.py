"""Comparing the records: the ledger, the payments, our copies of the orders, and Stripe's own.

Nothing is locked and nothing is changed. What is on its way anyway doesn't count, and a difference counts
only when it is still there at a second look: a busy system differs from itself as little as an idle one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from payments_service.clients import stripe
from payments_service.clients.stripe import ProviderRecord
from payments_service.payments import queries
from payments_service.payments.models import Payment, Status
from payments_service.payments.queries import Sums

#: Payments that are in memory at once, with what Stripe says of the same time.
CHUNK = 500
#: Stripe's clock may differ from ours, and an intent is younger than its payment.
MARGIN = timedelta(minutes=2)
NOTHING = Sums()


@dataclass(kw_only=True)
class Reconciliation:
    """One comparison of what began at `since` or later; what it saw is told by its counts.

    `compared_until` is how far it has come: the place to go on from.
    """

    since: datetime
    now: datetime
    stuck_after: timedelta
    compared_until: datetime = field(init=False)
    payments: int = 0
    under_way: int = 0
    ours: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    stripes: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def __post_init__(self) -> None:
        self.since = self.compared_until = self.since.replace(microsecond=0)

    def differences(self) -> Iterator[str]:
        """Yield each difference in words, oldest first. Raises StripeUnavailable."""
        chunk: list[Payment] | None = None
        after = None
        while chunk is None or len(chunk) == CHUNK:
            chunk = queries.list_with_sums(since=self.since, after=after, most=CHUNK)
            end = chunk[-1].created_at.replace(microsecond=0) if len(chunk) == CHUNK else self.now
            booked = self._booked(self.compared_until, end)
            for payment in chunk:
                yield from self._of_payment(payment, booked.get(payment.intent_id or ""))
            yield from _of_strays(
                each for each in booked.values() if self.compared_until <= each.created < end
            )
            self.compared_until, after = end, chunk[-1].id if chunk else None
        yield from self._of_orders()

    def _booked(self, begin: datetime, end: datetime) -> dict[str, ProviderRecord]:
        records = stripe.list_provider_records(since=begin - MARGIN, until=end + MARGIN)
        return {each.intent_id: each for each in records}

    def _of_payment(self, payment: Payment, booked: ProviderRecord | None) -> list[str]:
        if booked is None and payment.intent_id:
            booked = stripe.fetch_provider_record(payment.intent_id)
        found = self._compare(payment, booked)
        if found and payment.intent_id:
            booked = stripe.fetch_provider_record(payment.intent_id)
            payment = queries.get_with_sums(payment.id)
            found = self._compare(payment, booked)
        self._count(payment, booked)
        return [f"payment {payment.id}: {each}" for each in found]

    def _compare(self, payment: Payment, booked: ProviderRecord | None) -> list[str]:
        if payment.is_under_way(self.now - self.stuck_after):
            return []
        ledger, status, order = queries.sums_of(payment), _sums_by_status(payment), payment.order
        found = []
        if ledger != status:
            found.append(f"it is {payment.status}, which makes {status}, and the ledger says {ledger}")
        if payment.intent_id and booked is None:
            found.append(f"Stripe doesn't know its intent {payment.intent_id}")
        if booked and ledger != _sums_by_stripe(booked):
            found.append(f"the ledger says {ledger}, and Stripe {_sums_by_stripe(booked)}")
        if booked and booked.currency != payment.currency:
            found.append(f"it is in {payment.currency}, and at Stripe in {booked.currency}")
        if payment.status == Status.CAPTURED and not order.is_paid_by(payment.id):
            found.append(f"its money was taken, and its order {order.id} is {order.status}")
        return found

    def _count(self, payment: Payment, booked: ProviderRecord | None) -> None:
        self.payments += 1
        if payment.is_under_way(self.now - self.stuck_after):
            self.under_way += 1
            return
        stripes = _sums_by_stripe(booked) if booked else NOTHING
        for records, sums in ((self.ours, queries.sums_of(payment)), (self.stripes, stripes)):
            records[f"held {payment.currency}"] += sums.held
            records[f"taken {payment.currency}"] += sums.taken

    def _of_orders(self) -> Iterator[str]:
        for order in queries.list_complete_without_money(
            since=self.since, under_way_since=self.now - self.stuck_after
        ):
            yield f"order {order.id}: it is complete, and payment {order.payment_id} took nothing for it"


def _of_strays(booked: Iterable[ProviderRecord]) -> Iterator[str]:
    """Yield the intents with money in them that no payment of ours has."""
    ours = [each for each in booked if each.payment_id and (each.held or each.taken)]
    known = queries.known_intents([each.intent_id for each in ours])
    for each in ours:
        if each.intent_id not in known:
            sums = _sums_by_stripe(each)
            yield f"intent {each.intent_id}: Stripe says {sums}, and no payment has it ({each.payment_id})"


def _sums_by_status(payment: Payment) -> Sums:
    if payment.status == Status.AUTHORIZED:
        return Sums(held=payment.amount)
    return Sums(taken=payment.amount) if payment.status == Status.CAPTURED else NOTHING


def _sums_by_stripe(booked: ProviderRecord) -> Sums:
    return Sums(held=booked.held, taken=booked.taken)
