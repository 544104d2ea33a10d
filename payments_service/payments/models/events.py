"""The events of payments: one per status that others act on."""

from typing import Any

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
from payments_service.payments.models.payments import Payment, Status

# `requires_action` concerns the buyer alone: it has no event.
_EVENTS: dict[str, type[PaymentState]] = {
    Status.STARTED: PaymentStarted,
    Status.AUTHORIZED: PaymentAuthorized,
    Status.DECLINED: PaymentDeclined,
    Status.CAPTURED: PaymentCaptured,
    Status.VOIDED: PaymentVoided,
    Status.REFUNDED: PaymentRefunded,
    Status.CAPTURE_FAILED: PaymentCaptureFailed,
}


def event_of(payment: Payment) -> PaymentState | None:
    """Return the event of the payment's present status, None where that has none."""
    event = _EVENTS.get(payment.status)
    if event is None:
        return None
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
