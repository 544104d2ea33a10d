"""What every operation does with rows: lock them in one order, and write a status with its event."""

from typing import Any
from uuid import UUID

from contracts.payment import (
    PaymentAuthorized,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentDeclined,
    PaymentRefunded,
    PaymentStarted,
    PaymentState,
    PaymentVoided,
)
from payments_service.payments.models import (
    OPEN,
    Failure,
    Intent,
    LedgerEntry,
    OrderReplica,
    Payment,
    Status,
    entry_of,
    movements_due,
)
from payments_service.payments.operations.reasons import Reason
from service_defaults.errors import NotFound
from service_defaults.idempotency.store import complete, release
from shared_events.outbox import log

# That the buyer has to act (3-D Secure) is between us and the buyer: it has no event.
_EVENTS: dict[str, type[PaymentState]] = {
    Status.STARTED: PaymentStarted,
    Status.AUTHORIZED: PaymentAuthorized,
    Status.DECLINED: PaymentDeclined,
    Status.CAPTURED: PaymentCaptured,
    Status.VOIDED: PaymentVoided,
    Status.REFUNDED: PaymentRefunded,
    Status.CAPTURE_FAILED: PaymentCaptureFailed,
}


class OrderNotFound(NotFound):
    """Order not found."""

    field = "orderId"


class PaymentNotFound(NotFound):
    """Payment not found."""


def lock_order(order_id: UUID) -> OrderReplica:
    """Return the order's copy, locked. Raises OrderNotFound."""
    order = OrderReplica.objects.select_for_update().filter(id=order_id).first()
    if order is None:
        raise OrderNotFound
    return order


def lock_payment(payment_id: UUID) -> tuple[OrderReplica, Payment]:
    """Return the order's copy and the payment, locked in this order by everybody. Raises PaymentNotFound."""
    order_id = Payment.objects.filter(id=payment_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise PaymentNotFound
    return lock_order(order_id), Payment.objects.select_for_update().get(id=payment_id)


def enter(payment: Payment, status: Status, reason: Reason | None = None) -> None:
    """Give the payment a status and record its event; the caller saves."""
    payment.status = status
    payment.reason_code, payment.reason = (reason.code, str(reason)[:200]) if reason else ("", "")
    if status not in OPEN:
        payment.client_secret = payment.next_action_url = ""
    event = _EVENTS.get(status)
    if event is not None:
        payment.version += 1
        log.record(_state(event, payment), aggregate_id=payment.id, version=payment.version)


def note_failure(payment: Payment, failure: Failure | None) -> None:
    """Remember Stripe's words for the last refusal; the caller saves."""
    if failure is not None:
        payment.failure_code, payment.failure_message = failure.code[:100], failure.message[:500]


def end_without_intent(payment: Payment, status: Status, reason: Reason) -> None:
    """End an attempt that never got its intent's id: nothing of it is left to settle."""
    enter(payment, status, reason)
    answer_claim(payment)
    payment.due_at = payment.leased_until = None
    payment.save()


def answer_claim(payment: Payment) -> None:
    """Complete the key of the request that made the payment, or release it; the caller saves.

    Whoever writes the result does it, be it the request itself or, after a crash, the sweep.
    """
    claim = payment.claim
    if claim is None or not claim.is_in_flight:
        return
    if payment.status in (Status.DECLINED, Status.VOIDED):
        release_claim(payment)
    elif payment.is_answered:
        complete(claim)


def release_claim(payment: Payment) -> None:
    """Let the key of a request go that got no success; the caller saves."""
    claim = payment.claim
    if claim is not None and claim.is_in_flight:
        payment.claim = None
        release(claim)


def write_ledger(payment: Payment, intent: Intent) -> None:
    """Write what the money has done, by Stripe's state of its intent. The payment must be locked."""
    written = set(payment.entries.values_list("movement", flat=True))
    due = movements_due(intent.state, written)
    LedgerEntry.objects.bulk_create(entry_of(payment, movement) for movement in due)


def _state(event: type[PaymentState], payment: Payment) -> PaymentState:
    why: Any = {"reason_code": payment.reason_code, "reason": payment.reason} if payment.reason_code else {}
    return event(
        order_id=payment.order_id,
        user_id=payment.buyer,
        amount=payment.amount,
        currency=payment.currency,
        in_browser=payment.in_browser,
        created_at=payment.created_at,
        **why,
    )
