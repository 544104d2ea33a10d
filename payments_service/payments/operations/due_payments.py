"""What makes a payment due, so that it is settled: a webhook, an operator, an order's end, and the sweep."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from payments_service.payments.models import Payment, StripeEvent, without_holder
from payments_service.payments.operations.attempts import SETTLE_PAYMENT, save_and_schedule
from payments_service.payments.operations.locks import lock_payment
from service_defaults.errors import BusinessRuleViolation
from shared_events.context import bound
from shared_events.outbox import commands, log

#: When a payment whose command the sweep has scheduled is swept again.
SWEPT_AGAIN_AFTER = timedelta(seconds=15)


class NothingToSettle(BusinessRuleViolation):
    """This attempt has no intent at the provider: there is nothing to settle."""


def receive_webhook(*, event_id: str, type: str, intent_id: str, now: datetime) -> None:
    """Have the payment of a webhook's intent settled, on behalf of the request that began it.

    Each event counts once.
    """
    _, is_new = StripeEvent.objects.get_or_create(
        id=event_id, defaults={"type": type, "intent_id": intent_id, "received_at": now}
    )
    if is_new and intent_id:
        payment_ids = Payment.objects.filter(intent_id=intent_id).values_list("id", flat=True)
        for payment_id, origin in log.origin_contexts(payment_ids).items():
            with bound(origin):
                settle_soon(Q(id=payment_id), now)


def settle_now(*, payment_id: UUID, now: datetime) -> None:
    """Have a payment settled at once, whatever its status; safe to repeat.

    Raises PaymentNotFound, NothingToSettle.
    """
    _, payment = lock_payment(payment_id)
    if payment.intent_id is None:
        raise NothingToSettle
    payment.due_at = now
    save_and_schedule(payment, now)


def settle_soon(which: Q, now: datetime, *, with_new_goal: bool = False) -> None:
    """Make payments due at once; one that is being synced stays due at the sync's end."""
    for payment in Payment.objects.select_for_update().filter(which).order_by("id"):
        payment.due_at = now
        payment.last_progress_at = now if with_new_goal else payment.last_progress_at
        save_and_schedule(payment, now)


def settle_due_payments(*, now: datetime, most: int) -> int:
    """Schedule the commands of payments that are due; return how many. Never waits for a lock.

    Each is scheduled on behalf of the request that began the payment.
    """
    due = Payment.objects.filter(due_at__lte=now).order_by("due_at")
    payments = list(due.select_for_update(skip_locked=True)[:most])
    origins = log.origin_contexts(payment.id for payment in payments) if payments else {}
    for payment in payments:
        payment.due_at = now + SWEPT_AGAIN_AFTER
        with bound(origins[payment.id]):
            commands.schedule(SETTLE_PAYMENT, {"payment_id": str(payment.id)})
    Payment.objects.bulk_update(payments, ["due_at"])
    return len(payments)


def end_leases_without_holder(*, now: datetime) -> int:
    """Make the payments due whose lease's holder is gone; return how many. Never waits for a lock."""
    leased = Payment.objects.filter(due_at__isnull=False, leased_until__gt=now)
    payments = without_holder(leased.select_for_update(skip_locked=True))
    for payment in payments:
        payment.leased_until, payment.due_at = None, now
    Payment.objects.bulk_update(payments, ["leased_until", "due_at"])
    return len(payments)


def purge_stripe_events(*, before: datetime) -> int:
    """Delete the webhooks received before that time; return how many. Stripe repeats one for three days."""
    deleted, _ = StripeEvent.objects.filter(received_at__lt=before).delete()
    return deleted
