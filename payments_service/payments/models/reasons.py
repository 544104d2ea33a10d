"""Why a payment ended: a code that programs decide by, and the same for people."""

from dataclasses import dataclass

from contracts.payment import PaymentReason, VoidReason
from payments_service.payments.models.intents import Failure, Goal, Intent, IntentState
from payments_service.payments.models.payments import Payment, Status
from payments_service.payments.models.replicas import OrderReplica


@dataclass(frozen=True, kw_only=True)
class Reason:
    """A code for programs, and `words` for people: by default the code's own."""

    code: PaymentReason
    words: str = ""

    def __str__(self) -> str:
        return self.words or self.code.replace("_", " ")


def refused_card(failure: Failure, *, by_bank: bool) -> Reason:
    """Return why an attempt was declined: by the bank, or since the card can't be used at all."""
    return Reason(code="card_declined" if by_bank else "card_not_accepted", words=failure.message)


def reason_for(
    status: Status, payment: Payment, order: OrderReplica, intent: Intent, void_reason: VoidReason | None
) -> Reason | None:
    """Return why a payment gets this status, None for a status that needs no reason.

    `void_reason` is why it is voided, if it is; None where its order's end is the reason.
    """
    match status:
        case Status.DECLINED:
            failure = payment.failure or Failure(code="", message="")
            return refused_card(failure, by_bank=intent.state is IntentState.UNPAID)
        case Status.CAPTURE_FAILED:
            lapsed = intent.state is IntentState.CANCELED
            code: PaymentReason = "authorization_lapsed" if lapsed else "capture_refused"
            return Reason(code=code, words=payment.failure_message)
        case Status.REFUNDED:
            if payment.refund_asked_at:
                return Reason(code="requested", words=payment.refund_reason)
            reason = _by_order(payment, order)
            return reason or Reason(code="refunded_at_provider", words=f"refunded at {intent.provider}")
        case Status.VOIDED:
            reason = Reason(code=void_reason) if void_reason else _by_order(payment, order)
            return reason or Reason(code="cancelled_at_provider", words=f"cancelled at {intent.provider}")
    return None


def _by_order(payment: Payment, order: OrderReplica) -> Reason | None:
    if order.is_cancelled:
        return Reason(code="order_cancelled", words=order.cancel_reason)
    return Reason(code="paid_otherwise") if payment.goal(order) is Goal.RELEASE else None
