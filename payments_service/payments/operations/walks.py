"""The two ends of a walk to Stripe: what is written before it begins, and what when it has come back."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from payments_service.payments.models import Failure, Goal, Intent, OrderCopy, Payment, Status, Step
from payments_service.payments.operations.lease_locks import lock_lease, without_holder
from payments_service.payments.operations.rows import (
    answer_claim,
    end_without_intent,
    enter,
    lock_payment,
    note_failure,
    release_claim,
    write_ledger,
)
from payments_service.payments.operations.triggers import save_and_go_on


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The right to walk to Stripe for a payment once: both rows as they were when the walk began."""

    payment: Payment
    order: OrderCopy

    @property
    def intent_id(self) -> str:
        """The intent that the walk is about; only the walk that makes it has none."""
        assert self.payment.intent_id is not None
        return self.payment.intent_id


def lease_payment(*, payment_id: UUID, now: datetime) -> Lease | None:
    """Begin a walk to Stripe; None when there is nothing to do, or somebody else is on the way.

    Nobody waits for a holder that is gone. An attempt that never got its intent's id moved no money: it ends
    here.
    """
    order, payment = lock_payment(payment_id)
    if payment.due_at is None or (payment.is_leased(now) and not without_holder([payment])):
        return None
    if payment.intent_id is None:
        payment.lease += 1  # whoever had it, and lives after all, must write nothing any more
        end_without_intent(payment, Status.VOIDED, "abandoned")
        return None
    payment.take_lease(now)
    payment.save()
    lock_lease(payment)
    return Lease(payment=payment, order=order)


def record_intent(
    *,
    lease: Lease,
    intent: Intent,
    now: datetime,
    refused: Step | None = None,
    failure: Failure | None = None,
    reason: str = "",
) -> Payment:
    """Write what Stripe says at the end of a walk; return the payment as it stands.

    `refused` is the step that Stripe has just plainly refused, `failure` its words. `reason` says why an
    attempt that turns out cancelled ended; without it the order's own end does. A walk that was overtaken by
    another one writes nothing.
    """
    order, payment = lock_payment(lease.payment.id)
    if payment.lease != lease.payment.lease:
        return payment
    note_failure(payment, failure or intent.failure)
    if payment.refund_came_back(intent):
        refused = Step.REFUND
    payment.refusals += refused is not None
    payment.next_action_url = intent.next_action_url
    while (status := payment.status_after(order, intent, refused)) is not None:
        enter(payment, status, reason or _reason(payment, order, status))
        payment.moved_at = now
    write_ledger(payment, intent)
    answer_claim(payment)
    # A step that was just refused would be refused again: it waits.
    at_once = payment.next_step(order, intent) not in (None, refused)
    later = None if payment.is_settled(order, intent) else payment.wait(now)
    payment.end_lease(now if at_once else later)
    save_and_go_on(payment, now)
    return payment


def release_payment(*, lease: Lease, now: datetime, failure: Failure | None = None) -> None:
    """End a walk that learned nothing; the sweep goes on later, by asking Stripe for the state.

    The buyer is told to try again, so a key must not stand in the way: the retry begins by asking Stripe too.
    """
    _, payment = lock_payment(lease.payment.id)
    if payment.lease == lease.payment.lease:
        note_failure(payment, failure)
        release_claim(payment)
        payment.end_lease(payment.wait(now))
        payment.save()


def _reason(payment: Payment, order: OrderCopy, status: Status) -> str:
    match status:
        case Status.DECLINED | Status.CAPTURE_FAILED:
            return payment.failure_message
        case Status.REFUNDED:
            return payment.refund_reason or order.cancel_reason
        case Status.VOIDED if payment.goal(order) is Goal.KEEP_NOTHING:
            return order.cancel_reason or "paid otherwise"
        case Status.VOIDED:
            return "cancelled at Stripe"
    return ""
