"""Refunds that staff request: of the whole payment, which ends its sale, or of a part, which doesn't.

A part is requested as a sum: `Payment.refund_goal` is how much should have gone back by now. A sync compares
it with what the provider says has gone back, and refunds the rest. So a refund whose answer was lost isn't
made again, and one made at the provider itself counts like ours.
"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from payments_service.payments.models import Payment, Status
from payments_service.payments.operations.attempts import save_and_schedule
from payments_service.payments.operations.locks import lock_payment
from service_defaults.errors import BusinessRuleViolation, PreconditionFailed, RequestInProgress


class NotCaptured(BusinessRuleViolation):
    """Only a captured payment can be refunded."""


class RefundTooLarge(BusinessRuleViolation):
    """That is more than is left of this payment."""

    field = "amount"


class RefundUnderWay(RequestInProgress):
    """A refund of this payment is being made. See what comes of it first."""


class PaymentChanged(PreconditionFailed):
    """This payment has changed since you looked at it. Look again before you refund a part of it."""


def request_refund(
    *,
    payment_id: UUID,
    reason: str,
    now: datetime,
    amount: Decimal | None = None,
    version: int | None = None,
) -> Payment:
    """Have all that is left of a captured payment refunded, or an amount of it, after which its sale stands.

    All that is left is refunded once, however often it is requested. A part needs the payment's `version` as
    the operator saw it. Raises PaymentNotFound, NotCaptured; for a part PaymentChanged, RefundUnderWay,
    RefundTooLarge.
    """
    _, payment = lock_payment(payment_id)
    if payment.status != Status.CAPTURED:
        raise NotCaptured
    if amount is not None:
        _require_refundable(payment, amount, version)
    if amount is not None and amount < payment.net_amount:
        payment.refund_goal = payment.refunded + amount
    elif payment.refund_asked_at is None:
        payment.refund_asked_at = now
    else:
        return payment
    payment.refund_reason = reason
    payment.due_at = payment.last_progress_at = now
    save_and_schedule(payment, now)
    return payment


def _require_refundable(payment: Payment, amount: Decimal, version: int | None) -> None:
    if payment.version != version:
        raise PaymentChanged
    if payment.refund_asked_at is not None or payment.refund_goal > payment.refunded:
        raise RefundUnderWay
    if amount > payment.net_amount:
        raise RefundTooLarge(f"At most {payment.net_amount} {payment.currency} can be refunded")
