"""The two ends of a sync to Stripe: what is written before it begins, and what when it has come back."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.payment import VoidReason
from payments_service.payments.models import Failure, Intent, OrderReplica, Payment, ProviderCall, Status
from payments_service.payments.operations.lease_locks import lock_lease, without_holder
from payments_service.payments.operations.reasons import Reason, reason_for
from payments_service.payments.operations.records import (
    answer_claim,
    end_without_intent,
    enter,
    lock_payment,
    note_failure,
    release_claim,
    write_ledger,
)
from payments_service.payments.operations.sync_requests import save_and_go_on


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The right to sync to Stripe for a payment once: both rows as they were when the sync began."""

    payment: Payment
    order: OrderReplica

    @property
    def intent_id(self) -> str:
        """The intent that the sync is about; only the sync that makes it has none."""
        assert self.payment.intent_id is not None
        return self.payment.intent_id


def lease_payment(*, payment_id: UUID, now: datetime) -> Lease | None:
    """Begin a sync to Stripe; None when there is nothing to do, or somebody else is on the way.

    Who leased it and is gone is not waited for. An attempt that never got its intent's id moved no money: it
    ends here. One whose intent is looked for at Stripe waits until that is over.
    """
    order, payment = lock_payment(payment_id)
    if payment.due_at is None or payment.intent_lost:
        return None
    if payment.is_leased(now) and not without_holder([payment]):
        return None
    if payment.intent_id is None:
        payment.lease += 1  # whoever had it, and lives after all, must write nothing any more
        end_without_intent(payment, Status.VOIDED, Reason(code="abandoned"))
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
    refused: ProviderCall | None = None,
    failure: Failure | None = None,
    voided: VoidReason | None = None,
) -> Payment:
    """Write what Stripe says at the end of a sync; return the payment as it stands.

    `refused` is the step that Stripe has just plainly refused, `failure` its words. `voided` says why an
    attempt that turns out cancelled ended; without it the order's own end does. A sync that was overtaken by
    another one writes nothing.
    """
    order, payment = lock_payment(lease.payment.id)
    if payment.lease != lease.payment.lease:
        return payment
    note_failure(payment, failure or intent.failure)
    if payment.refund_came_back(intent):
        refused = ProviderCall.REFUND
    payment.refusals += refused is not None
    payment.next_action_url = intent.next_action_url
    while (status := payment.status_after(order, intent, refused)) is not None:
        enter(payment, status, reason_for(status, payment, order, intent, voided))
        payment.last_progress_at = now
    write_ledger(payment, intent)
    answer_claim(payment)
    # A step that was just refused would be refused again: it waits.
    at_once = payment.next_call(order, intent) not in (None, refused)
    later = None if payment.is_settled(order, intent) else payment.wait(now)
    payment.end_lease(now if at_once else later)
    save_and_go_on(payment, now)
    return payment


def release_payment(*, lease: Lease, now: datetime, failure: Failure | None = None) -> None:
    """End a sync that learned nothing; the sweep goes on later, by asking Stripe for the state.

    The buyer is told to try again, so a key must not stand in the way: the retry begins by asking Stripe too.
    """
    _, payment = lock_payment(lease.payment.id)
    if payment.lease == lease.payment.lease:
        note_failure(payment, failure)
        release_claim(payment)
        payment.end_lease(payment.wait(now))
        payment.save()
