"""Comparing the records: the ledger, the payments, the replicas of the orders, and the provider's own.

Nothing is locked and nothing is changed. A payment that is still being settled isn't compared, and a
difference counts only when a second comparison finds it too: a busy system shows no more than an idle one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from payments_service.payments import queries
from payments_service.payments.models import Payment, Status
from payments_service.payments.queries import Sums
from payments_service.providers import PaymentProvider, ProviderRecord, get_provider

#: Payments that are in memory at once, with the provider's records of the same time.
CHUNK = 500
#: The provider's clock may differ from ours, and an intent is younger than its payment.
MARGIN = timedelta(minutes=2)
NOTHING = Sums()


@dataclass(kw_only=True)
class Reconciliation:
    """One comparison of what began at `since` or later, with the counts and sums of what it compared.

    `compared_until` is how far it has come: where the next one may begin.
    """

    since: datetime
    now: datetime
    stuck_after: timedelta
    provider: PaymentProvider = field(default_factory=get_provider)
    compared_until: datetime = field(init=False)
    payments: int = 0
    under_way: int = 0
    ours: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    theirs: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def __post_init__(self) -> None:
        self.since = self.compared_until = self.since.replace(microsecond=0)

    def differences(self) -> Iterator[str]:
        """Yield each difference in words, oldest first. Raises ProviderUnavailable."""
        chunk: list[Payment] | None = None
        after = None
        while chunk is None or len(chunk) == CHUNK:
            chunk = queries.list_with_sums(since=self.since, after=after, most=CHUNK)
            end = chunk[-1].created_at.replace(microsecond=0) if len(chunk) == CHUNK else self.now
            records = self._records(self.compared_until, end)
            for payment in chunk:
                yield from self._of_payment(payment, records.get(payment.intent_id or ""))
            yield from self._of_strays(
                each for each in records.values() if self.compared_until <= each.created < end
            )
            self.compared_until, after = end, chunk[-1].id if chunk else None
        yield from self._of_orders()

    def _records(self, begin: datetime, end: datetime) -> dict[str, ProviderRecord]:
        records = self.provider.list_records(since=begin - MARGIN, until=end + MARGIN)
        return {each.intent_id: each for each in records}

    def _of_payment(self, payment: Payment, record: ProviderRecord | None) -> list[str]:
        if record is None and payment.intent_id:
            record = self.provider.fetch_record(payment.intent_id)
        found = self._compare(payment, record)
        if found and payment.intent_id:
            record = self.provider.fetch_record(payment.intent_id)
            payment = queries.get_with_sums(payment.id)
            found = self._compare(payment, record)
        self._count(payment, record)
        return [f"payment {payment.id}: {each}" for each in found]

    def _compare(self, payment: Payment, record: ProviderRecord | None) -> list[str]:
        if payment.is_under_way(self.now - self.stuck_after):
            return []
        ledger, status, order = queries.sums_of(payment), _sums_by_status(payment), payment.order
        found = []
        if ledger != status:
            found.append(f"it is {payment.status}, which makes {status}, and the ledger says {ledger}")
        if payment.intent_id and record is None:
            found.append(f"{self.provider.name} doesn't know its intent {payment.intent_id}")
        if record and ledger != _sums_of(record):
            found.append(f"the ledger says {ledger}, and {self.provider.name} {_sums_of(record)}")
        if record and record.currency != payment.currency:
            found.append(f"it is in {payment.currency}, and at {self.provider.name} in {record.currency}")
        if payment.status == Status.CAPTURED and not order.is_paid_by(payment.id):
            found.append(f"its money was taken, and its order {order.id} is {order.status}")
        return found

    def _count(self, payment: Payment, record: ProviderRecord | None) -> None:
        self.payments += 1
        if payment.is_under_way(self.now - self.stuck_after):
            self.under_way += 1
            return
        theirs = _sums_of(record) if record else NOTHING
        for records, sums in ((self.ours, queries.sums_of(payment)), (self.theirs, theirs)):
            records[f"held {payment.currency}"] += sums.held
            records[f"taken {payment.currency}"] += sums.taken

    def _of_orders(self) -> Iterator[str]:
        for order in queries.list_complete_without_money(
            since=self.since, under_way_since=self.now - self.stuck_after
        ):
            yield f"order {order.id}: it is complete, and payment {order.payment_id} took nothing for it"

    def _of_strays(self, records: Iterable[ProviderRecord]) -> Iterator[str]:
        """Yield the intents with money in them that no payment of ours has."""
        ours = [each for each in records if each.payment_id and (each.held or each.taken)]
        known = queries.known_intents([each.intent_id for each in ours])
        for each in ours:
            if each.intent_id not in known:
                found = f"{self.provider.name} says {_sums_of(each)}, and no payment has it"
                yield f"intent {each.intent_id}: {found} ({each.payment_id})"


def _sums_by_status(payment: Payment) -> Sums:
    if payment.status == Status.AUTHORIZED:
        return Sums(held=payment.amount)
    return Sums(taken=payment.net_amount) if payment.status == Status.CAPTURED else NOTHING


def _sums_of(record: ProviderRecord) -> Sums:
    return Sums(held=record.held, taken=record.taken)
