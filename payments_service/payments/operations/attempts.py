"""An attempt to pay: it starts, gets its intent, is leased for each sync with the provider, and ends.

Every function needs a transaction that its caller opens, and locks the order's replica before the payment.
None calls the provider: `paying` does, between two of them.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.payment import PaymentState, VoidReason
from marketplace.users import operations as users
from payments_service.payments import metrics
from payments_service.payments.models import (
    LIVE,
    OPEN,
    PAID,
    Failure,
    Intent,
    OrderReplica,
    OrderStatus,
    Payment,
    ProviderCall,
    Reason,
    Status,
    event_of,
    lock_lease,
    part_refund_of,
    reason_for,
    record_movements,
    without_holder,
)
from payments_service.payments.operations.locks import OrderNotFound, lock_order, lock_payment
from service_defaults.errors import BusinessRuleViolation, PermissionDenied, RequestInProgress
from service_defaults.idempotency.models import IdempotencyRecord
from service_defaults.idempotency.store import Key, claim_new, complete, release
from shared_events.outbox import commands, log

#: The task that settles a payment; `tasks.py` defines it.
SETTLE_PAYMENT = "payments.settle_payment"


class NotYourOrder(PermissionDenied):
    """Not your order."""


class BuyerSuspended(PermissionDenied):
    """Account suspended."""


class OrderCancelled(BusinessRuleViolation):
    """Cannot pay for a cancelled order."""


class OrderExpired(BusinessRuleViolation):
    """The time to pay for this order is over."""


class OrderAlreadyPaid(BusinessRuleViolation):
    """This order is already paid."""


class PaymentInProgress(RequestInProgress):
    """A payment for this order is being made. See what comes of it first."""


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The right to one sync of a payment with the provider: both rows as they were when it began."""

    payment: Payment
    order: OrderReplica

    @property
    def intent_id(self) -> str:
        """The payment's intent; only the lease of `start_payment` has none yet."""
        assert self.payment.intent_id is not None
        return self.payment.intent_id


@dataclass(frozen=True, kw_only=True)
class SyncResult:
    """The intent at the end of a sync; `refused` is the call that the provider refused, `failure` the reason.

    `void_reason` is why the payment is voided, if it is; None where its order's end is the reason.
    """

    intent: Intent
    refused: ProviderCall | None = None
    failure: Failure | None = None
    void_reason: VoidReason | None = None


def get_open_attempt(*, order_id: UUID, buyer: UUID, now: datetime) -> Payment | None:
    """Return the attempt that must be cancelled before a new one, None without one; nothing is locked.

    Raises OrderNotFound, and as `require_payable`.
    """
    order = OrderReplica.objects.filter(id=order_id).first()
    if order is None:
        raise OrderNotFound
    require_payable(order, buyer=buyer, now=now)
    return order.payments.filter(status__in=OPEN).first()


def find_payment_of_claim(claim: IdempotencyRecord) -> Payment | None:
    """Return the payment whose request claimed an idempotency key, None while there is none."""
    return Payment.objects.filter(claim=claim).first()


def require_payable(order: OrderReplica, *, buyer: UUID, now: datetime) -> None:
    """Raise NotYourOrder, BuyerSuspended, OrderCancelled, OrderAlreadyPaid or OrderExpired, in this order."""
    if order.buyer != buyer:
        raise NotYourOrder
    if users.is_suspended(buyer):
        raise BuyerSuspended
    if order.status == OrderStatus.CANCELLED:
        raise OrderCancelled
    if order.status == OrderStatus.COMPLETE or order.payments.filter(status__in=PAID).exists():
        raise OrderAlreadyPaid
    if order.has_lapsed(now):
        raise OrderExpired


def start_payment(
    *, order_id: UUID, buyer: UUID, in_browser: bool, now: datetime, key: Key | None = None
) -> Lease:
    """Write a new attempt, and lease it to the caller, who makes its intent at the provider.

    The request's idempotency `key` is claimed with it. Raises OrderNotFound, PaymentInProgress while another
    attempt is open, IdempotencyKeyInFlight and as `require_payable`.
    """
    claim = claim_new(key)
    order = lock_order(order_id)
    require_payable(order, buyer=buyer, now=now)
    if order.payments.filter(status__in=LIVE).exists():
        raise PaymentInProgress
    payment = Payment(
        order=order,
        buyer=buyer,
        amount=order.amount,
        currency=order.currency,
        in_browser=in_browser,
        created_at=now,
        last_progress_at=now,
        claim=claim,
    )
    set_status(payment, Status.STARTED)
    return _begin_lease(order, payment, now)


def add_intent(*, lease: Lease, intent: Intent, now: datetime) -> Lease:
    """Write the new intent's id, which must be committed before the intent is confirmed; return a new lease.

    Raises PaymentInProgress when the attempt ended meanwhile: its intent must never be confirmed.
    """
    order, payment = lock_payment(lease.payment.id)
    if payment.lease != lease.payment.lease or payment.status != Status.STARTED:
        raise PaymentInProgress
    payment.set_intent(intent)
    _end_claim(payment)
    return _begin_lease(order, payment, now)


def end_attempt(*, lease: Lease, reason: Reason, failure: Failure | None = None) -> None:
    """End an attempt that got no intent: declined where the provider refused its card, else voided."""
    _, payment = lock_payment(lease.payment.id)
    if payment.lease == lease.payment.lease and payment.intent_id is None:
        payment.set_failure(failure)
        end_without_intent(payment, Status.DECLINED if failure else Status.VOIDED, reason)


def lease_payment(*, payment_id: UUID, now: datetime) -> Lease | None:
    """Begin a sync with the provider; None when nothing is due, or another holder of the lease is at work.

    An attempt whose holder is gone before it wrote an intent's id has moved no money: it ends here. One whose
    intent is being searched for (`intent_lost`) waits for the end of the search.
    """
    order, payment = lock_payment(payment_id)
    if payment.due_at is None or payment.intent_lost:
        return None
    if payment.is_leased(now) and not without_holder([payment]):
        return None
    if payment.intent_id is None:
        payment.lease += 1  # an earlier holder that is still alive must not write any more
        end_without_intent(payment, Status.VOIDED, Reason(code="abandoned"))
        return None
    return _begin_lease(order, payment, now)


def record_sync(*, lease: Lease, result: SyncResult, now: datetime) -> Payment:
    """Write the result of a sync: status, event, ledger, idempotency key and due time; return the payment.

    A sync whose lease was taken over writes nothing.
    """
    order, payment = lock_payment(lease.payment.id)
    if payment.lease != lease.payment.lease:
        return payment
    intent, refused = result.intent, result.refused
    payment.set_failure(result.failure or intent.failure)
    payment.set_card(intent)
    if payment.refund_came_back(intent):
        refused = payment.next_call(order, intent)
    payment.refusals += refused is not None
    payment.next_action_url = intent.next_action_url
    while (status := payment.status_after(order, intent, refused)) is not None:
        metrics.observe_settling(payment, order, status, now)
        set_status(payment, status, reason_for(status, payment, order, intent, result.void_reason))
        payment.last_progress_at = now
    record_movements(payment, intent)
    _record_refunded(payment, intent)
    _end_claim(payment)
    # A call that was just refused would be refused again: it waits.
    at_once = payment.next_call(order, intent) not in (None, refused)
    later = None if payment.is_settled(order, intent) else payment.wait(now)
    payment.end_lease(now if at_once else later)
    save_and_schedule(payment, now)
    return payment


def release_payment(*, lease: Lease, now: datetime) -> None:
    """End the lease of a sync that couldn't reach the provider; the sweep syncs again later.

    The buyer is answered to try again, so the idempotency key is released; a retry fetches the intent first.
    """
    _, payment = lock_payment(lease.payment.id)
    if payment.lease == lease.payment.lease:
        _release_claim(payment)
        payment.end_lease(payment.wait(now))
        payment.save()


def set_status(payment: Payment, status: Status, reason: Reason | None = None) -> None:
    """Give the payment a status and record its event; the caller saves."""
    payment.status = status
    metrics.count_outcome(status)
    payment.reason_code, payment.reason = (reason.code, str(reason)[:200]) if reason else ("", "")
    if status not in OPEN:
        payment.client_secret = payment.next_action_url = ""
    _record(payment, event_of(payment))


def end_without_intent(payment: Payment, status: Status, reason: Reason) -> None:
    """End an attempt that has no intent: it has nothing left to settle."""
    set_status(payment, status, reason)
    _end_claim(payment)
    payment.due_at = payment.leased_until = None
    payment.save()


def save_and_schedule(payment: Payment, now: datetime) -> None:
    """Save the payment, and schedule the command that settles it where it is due."""
    payment.save()
    if payment.due_at is not None and payment.due_at <= now:
        commands.schedule(SETTLE_PAYMENT, {"payment_id": str(payment.id)})


def _record_refunded(payment: Payment, intent: Intent) -> None:
    """Write how much has gone back; a part, whose sale stands, has an event of its own."""
    if payment.was_captured and intent.refunded > payment.refunded:
        payment.refunded = intent.refunded
        if payment.status == Status.CAPTURED:
            _record(payment, part_refund_of(payment, intent))


def _record(payment: Payment, event: PaymentState | None) -> None:
    if event is not None:
        payment.version += 1
        log.record(event, aggregate_id=payment.id, version=payment.version)


def _begin_lease(order: OrderReplica, payment: Payment, now: datetime) -> Lease:
    payment.begin_lease(now)
    payment.save()
    lock_lease(payment)
    return Lease(payment=payment, order=order)


def _end_claim(payment: Payment) -> None:
    """Complete the idempotency key of the payment's request once there is a result, or release it."""
    if payment.status in (Status.DECLINED, Status.VOIDED):
        _release_claim(payment)
    elif payment.claim is not None and payment.claim.is_in_flight and payment.is_answered:
        complete(payment.claim)


def _release_claim(payment: Payment) -> None:
    claim = payment.claim
    if claim is not None and claim.is_in_flight:
        payment.claim = None
        release(claim)
