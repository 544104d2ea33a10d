"""An attempt to pay begins, gets its intent or is given up; money that was taken is given back."""

from datetime import datetime
from uuid import UUID

from payments_service.payments.models import (
    LIVE,
    PAID,
    Failure,
    Intent,
    OrderReplica,
    OrderStatus,
    Payment,
    Status,
    UserReplica,
)
from payments_service.payments.operations.lease_locks import lock_lease
from payments_service.payments.operations.provider_calls import Lease
from payments_service.payments.operations.reasons import Reason
from payments_service.payments.operations.records import (
    answer_claim,
    end_without_intent,
    enter,
    lock_order,
    lock_payment,
    note_failure,
)
from payments_service.payments.operations.sync_requests import save_and_go_on
from service_defaults.errors import BusinessRuleViolation, PermissionDenied, RequestInProgress
from service_defaults.idempotency.store import Key, claim_new


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


class NotYourPayment(PermissionDenied):
    """Not your payment."""


class NotCaptured(BusinessRuleViolation):
    """Only money that was taken can be given back."""


class NothingToSettle(BusinessRuleViolation):
    """This attempt has no intent at Stripe: nothing of it can move."""


def require_payable(order: OrderReplica, *, buyer: UUID, now: datetime) -> None:
    """Raise NotYourOrder, BuyerSuspended, OrderCancelled, OrderAlreadyPaid or OrderExpired, in this order."""
    if order.buyer != buyer:
        raise NotYourOrder
    if UserReplica.objects.filter(id=buyer).exclude(status="active").exists():
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
    """Write that an attempt begins, and lease it to the caller, who goes on to make its intent at Stripe.

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
    payment.take_lease(now)
    enter(payment, Status.STARTED)
    payment.save(force_insert=True)
    lock_lease(payment)
    return Lease(payment=payment, order=order)


def keep_intent(*, lease: Lease, intent: Intent, now: datetime) -> Lease:
    """Write the new intent's id, before anybody may confirm it; the sync goes on with a fresh lease.

    Raises PaymentInProgress when the attempt was given up meanwhile: its intent must never be confirmed.
    """
    order, payment = lock_payment(lease.payment.id)
    if payment.lease != lease.payment.lease or payment.status != Status.STARTED:
        raise PaymentInProgress
    payment.intent_id, payment.client_secret = intent.id, intent.client_secret
    answer_claim(payment)
    payment.take_lease(now)
    payment.save()
    lock_lease(payment)
    return Lease(payment=payment, order=order)


def give_up_attempt(*, lease: Lease, reason: Reason, failure: Failure | None = None) -> None:
    """End an attempt that got no intent: declined where Stripe refused its card, else voided."""
    _, payment = lock_payment(lease.payment.id)
    if payment.lease == lease.payment.lease and payment.intent_id is None:
        note_failure(payment, failure)
        end_without_intent(payment, Status.DECLINED if failure else Status.VOIDED, reason)


def request_refund(*, payment_id: UUID, reason: str, now: datetime) -> Payment:
    """Have a captured payment given back in full; asking again changes nothing.

    Raises PaymentNotFound, NotCaptured.
    """
    _, payment = lock_payment(payment_id)
    if payment.status != Status.CAPTURED:
        raise NotCaptured
    if payment.refund_asked_at is None:
        payment.refund_reason, payment.refund_asked_at = reason, now
        payment.due_at = payment.last_progress_at = now
        save_and_go_on(payment, now)
    return payment


def settle_now(*, payment_id: UUID, now: datetime) -> None:
    """Have Stripe asked about a payment at once, whatever became of it; safe to repeat.

    Raises PaymentNotFound, NothingToSettle.
    """
    _, payment = lock_payment(payment_id)
    if payment.intent_id is None:
        raise NothingToSettle
    payment.due_at = now
    save_and_go_on(payment, now)
