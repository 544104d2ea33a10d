"""The events of payments: one per status that others act on, and one per part that goes back."""

from typing import Any

from contracts.payment import (
    PaymentAuthorized,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentDeclined,
    PaymentPartlyRefunded,
    PaymentRefunded,
    PaymentStarted,
    PaymentState,
    PaymentVoided,
)
from payments_service.payments.models.intents import Intent
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
    return event(**_state_of(payment), **_why(payment.reason_code, payment.reason))


def part_refund_of(payment: Payment, intent: Intent) -> PaymentPartlyRefunded:
    """Return the event of a captured payment of which another part has just gone back."""
    if payment.refunded <= payment.refund_goal:
        why = _why("requested", payment.refund_reason)
    else:
        why = _why("refunded_at_provider", f"refunded at {intent.provider}")
    return PaymentPartlyRefunded(**_state_of(payment), **why, refunded=payment.refunded)


def _state_of(payment: Payment) -> dict[str, Any]:
    return {
        "order_id": payment.order_id,
        "user_id": payment.buyer,
        "amount": payment.amount,
        "currency": payment.currency,
        "in_browser": payment.in_browser,
        "created_at": payment.created_at,
    }


def _why(code: str, words: str) -> dict[str, Any]:
    return {"reason_code": code, "reason": words} if code else {}
