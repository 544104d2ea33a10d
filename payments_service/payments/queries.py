"""The reads."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypedDict
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, F, Min, OuterRef, Prefetch, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from marketplace.staff.matches import MAX_MATCHES, Match, Number, first_of, id_in
from payments_service.payments.models import (
    OPEN,
    LedgerEntry,
    Movement,
    OrderReplica,
    OrderStatus,
    Payment,
    Status,
)
from payments_service.payments.operations import PaymentNotFound
from service_defaults.clock import first_id_of, start_of_day
from service_defaults.errors import PermissionDenied

#: A card's authorisation ends after seven days at Stripe; one that is older than this ends soon.
AUTHORISATION_AGES = timedelta(days=5)


class StaffFilter(TypedDict, total=False):
    """How staff narrow the list of payments; absent means any."""

    order: UUID
    buyer: UUID
    status: str


_LOOKUPS = {"order": "order_id", "buyer": "buyer", "status": "status"}
_LAST4 = re.compile(r"[0-9]{4}", re.ASCII)


class NotYourPayment(PermissionDenied):
    """Not your payment."""


@dataclass(frozen=True, kw_only=True)
class Sums:
    """What is reserved at banks, and what was taken and not given back."""

    held: Decimal = Decimal(0)
    taken: Decimal = Decimal(0)

    def __str__(self) -> str:
        return f"{self.held:.2f} held, {self.taken:.2f} taken"


def find_order(order_id: UUID) -> OrderReplica | None:
    """Return the replica of an order, None while there is none."""
    return OrderReplica.objects.filter(id=order_id).first()


def get_payment(*, payment_id: UUID, buyer: UUID) -> Payment:
    """Return the buyer's own payment. Raises PaymentNotFound, NotYourPayment."""
    payment = Payment.objects.filter(id=payment_id).first()
    if payment is None:
        raise PaymentNotFound
    if payment.buyer != buyer:
        raise NotYourPayment
    return payment


def list_payments(*, buyer: UUID, order_id: UUID | None = None) -> QuerySet[Payment]:
    """Return the buyer's own payments, of one order or all, to be ordered and cut into pages."""
    payments = Payment.objects.filter(buyer=buyer)
    return payments if order_id is None else payments.filter(order_id=order_id)


def get_any_payment(*, payment_id: UUID) -> Payment:
    """Return a payment with its order and the ledger's entries, oldest first. Raises PaymentNotFound."""
    entries = Prefetch("entries", LedgerEntry.objects.order_by("id"))
    payments = Payment.objects.select_related("order").prefetch_related(entries)
    payment = payments.filter(id=payment_id).first()
    if payment is None:
        raise PaymentNotFound
    return payment


def list_any_payments(*, filters: StaffFilter, stuck_since: datetime | None) -> QuerySet[Payment]:
    """Return everybody's payments with their orders, to be ordered and cut into pages.

    With `stuck_since` they are those that have something left to do, and haven't moved after that time.
    """
    payments = Payment.objects.select_related("order")
    payments = payments.filter(**{_LOOKUPS[name]: value for name, value in filters.items()})
    return payments.filter(stuck(since=stuck_since)) if stuck_since else payments


def search(*, text: str) -> list[Match]:
    """Return the payments with this id, order, buyer, intent or last four digits of a card, newest first."""
    known, payments = id_in(text), Payment.objects.order_by("-id")
    if known is not None:
        of_order, of_buyer = payments.filter(order_id=known), payments.filter(buyer=known)
        found = first_of(payments.filter(id=known), of_order[:MAX_MATCHES], of_buyer[:MAX_MATCHES])
    elif _LAST4.fullmatch(text):
        found = first_of(payments.filter(card_last4=text)[:MAX_MATCHES])
    else:
        found = first_of(payments.filter(intent_id=text))
    return [_match(payment) for payment in found]


def count_today(*, now: datetime, stuck_since: datetime) -> list[Number]:
    """Return the payments of the day that `now` is in, in UTC, by status and currency, and those stuck."""
    begun = Payment.objects.filter(id__gte=first_id_of(start_of_day(now)))
    groups = begun.values_list("status", "currency").annotate(Count("id"), Sum("amount"))
    numbers = [
        Number(
            name=status,
            label=Status(status).label.lower(),
            value=count,
            amount=amount,
            currency=currency,
            link=f"status={status}",
        )
        for status, currency, count, amount in groups.order_by("status", "currency")
    ]
    return [
        *numbers,
        Number(name="stuck", label="stuck", value=count_stuck(since=stuck_since), link="stuck=1"),
    ]


def _match(payment: Payment) -> Match:
    parts = [payment.status, f"card ending in {payment.card_last4}" if payment.card_last4 else ""]
    return Match(
        kind="payment",
        id=payment.id,
        label=f"{payment.amount} {payment.currency}",
        detail=", ".join(filter(None, [*parts, payment.intent_id])),
        at=payment.created_at,
        related=(payment.order_id, payment.buyer),
    )


def list_without_their_intents() -> list[Payment]:
    """Return the payments whose intents must be searched for at the provider."""
    return list(Payment.objects.filter(intent_lost=True).order_by("id"))


def stuck_since(*, now: datetime) -> datetime:
    """Return the time after which a payment that isn't stuck has moved, by the setting."""
    return now - timedelta(seconds=settings.STUCK_SECONDS)


def stuck(*, since: datetime) -> Q:
    """Return which payments have something left to do, and haven't moved after `since`.

    One that waits for its buyer isn't: until the hold ends, a buyer may take as long as they like.
    """
    in_buyers_hands = Q(status=Status.REQUIRES_ACTION) | Q(status=Status.STARTED, in_browser=True)
    is_held = Q(order__status__in=(OrderStatus.CREATED, OrderStatus.AWAITING_PAYMENT))
    return Q(due_at__isnull=False, last_progress_at__lte=since) & ~(in_buyers_hands & is_held)


@dataclass(frozen=True, kw_only=True)
class Unsettled:
    """Payments with something left to do: how many, and seconds since the oldest of them moved."""

    count: int
    oldest_age: float


def get_unsettled(*, now: datetime) -> Unsettled:
    """Return the payments that aren't settled, those left out that wait for their buyer."""
    waiting = Payment.objects.filter(due_at__isnull=False).exclude(status__in=OPEN)
    found = waiting.aggregate(count=Count("*"), oldest=Min("last_progress_at"))
    oldest = found["oldest"]
    return Unsettled(count=found["count"], oldest_age=(now - oldest).total_seconds() if oldest else 0.0)


def count_stuck(*, since: datetime) -> int:
    """Return how many payments are stuck, without progress after `since`."""
    return Payment.objects.filter(stuck(since=since)).count()


def count_ledger_differences(*, since: datetime) -> int:
    """Return of how many settled payments, begun at `since` or later, the ledger says something else."""
    settled = _with_sums().filter(id__gte=first_id_of(since), due_at__isnull=True)
    captured = Q(status=Status.CAPTURED, ledger_held=0, ledger_taken=F("amount") - F("refunded"))
    nothing_kept = ~Q(status=Status.CAPTURED) & Q(ledger_held=0, ledger_taken=0)
    return settled.exclude(captured | nothing_kept).count()


def near_the_end_of_authorisation(*, now: datetime) -> Q:
    """Return which payments' authorisations end soon."""
    old = LedgerEntry.objects.filter(
        payment=OuterRef("pk"), movement=Movement.AUTHORIZED, recorded_at__lte=now - AUTHORISATION_AGES
    )
    return Q(Exists(old), due_at__isnull=False, status=Status.AUTHORIZED)


def list_with_sums(*, since: datetime, after: UUID | None, most: int) -> list[Payment]:
    """Return payments that began at `since` or later, with their order and the ledger's sums, oldest first.

    `after` is the id after which to go on.
    """
    payments = _with_sums().filter(id__gte=first_id_of(since))
    if after is not None:
        payments = payments.filter(id__gt=after)
    return list(payments.order_by("id")[:most])


def get_with_sums(payment_id: UUID) -> Payment:
    """Return one payment as `list_with_sums` does; it exists."""
    return _with_sums().get(id=payment_id)


def sums_of(payment: Payment) -> Sums:
    """Return what the ledger says of a payment that was read with its sums."""
    return Sums(held=payment.ledger_held, taken=payment.ledger_taken)  # type: ignore[attr-defined]


def known_intents(intent_ids: Iterable[str]) -> set[str | None]:
    """Return which of these intents belong to payments."""
    return set(Payment.objects.filter(intent_id__in=intent_ids).values_list("intent_id", flat=True))


def list_orders_with_payments(*, first_id: UUID) -> Iterator[OrderReplica]:
    """Yield the orders from this id on, by their ids, with all their payments; few are in memory at once."""
    orders = OrderReplica.objects.filter(id__gte=first_id).order_by("id")
    yield from orders.prefetch_related("payments").iterator(chunk_size=500)


def list_complete_without_money(*, since: datetime, under_way_since: datetime) -> Iterator[OrderReplica]:
    """Yield the orders placed at `since` or later that are complete, and whose payment isn't captured.

    One that moved after `under_way_since`, and has something left to do, is left out.
    """
    paid = Payment.objects.filter(id=OuterRef("payment_id"), order_id=OuterRef("pk"))
    fine = Q(status=Status.CAPTURED) | Q(due_at__isnull=False, last_progress_at__gt=under_way_since)
    orders = OrderReplica.objects.filter(id__gte=first_id_of(since), status=OrderStatus.COMPLETE)
    yield from orders.filter(~Exists(paid.filter(fine))).order_by("id").iterator()


def _with_sums() -> QuerySet[Payment]:
    nothing = Value(Decimal(0))
    return Payment.objects.select_related("order").annotate(
        ledger_held=Coalesce(Sum("entries__held"), nothing),
        ledger_taken=Coalesce(Sum("entries__taken"), nothing),
    )
