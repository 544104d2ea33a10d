"""What makes somebody sync to Stripe: a step that is due, an event of Stripe's, and the sweep behind both."""

from datetime import datetime, timedelta

from django.db.models import Q

from payments_service.payments.models import Payment, StripeEvent
from payments_service.payments.operations.lease_locks import without_holder
from shared_events.outbox import commands

#: The task that syncs to Stripe; `tasks.py` defines it.
SETTLE_PAYMENT = "payments.settle_payment"
#: When a payment that the sweep has sent on its way is swept again.
SWEPT_AGAIN_AFTER = timedelta(seconds=15)


def receive_webhook(*, event_id: str, type: str, intent_id: str, now: datetime) -> None:
    """Stripe has told something about an intent: ask for its state soon. Each event counts once."""
    _, is_new = StripeEvent.objects.get_or_create(
        id=event_id, defaults={"type": type, "intent_id": intent_id, "received_at": now}
    )
    if is_new and intent_id:
        settle_soon(Q(intent_id=intent_id), now)


def settle_due_payments(*, now: datetime, most: int) -> int:
    """Send the payments that are due on their way; return how many. Never waits for a lock."""
    due = Payment.objects.filter(due_at__lte=now).order_by("due_at")
    payments = list(due.select_for_update(skip_locked=True)[:most])
    for payment in payments:
        payment.due_at = now + SWEPT_AGAIN_AFTER
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
    """Forget what Stripe told before that time (it repeats events for three days); return how many."""
    forgotten, _ = StripeEvent.objects.filter(received_at__lt=before).delete()
    return forgotten


def settle_soon(which: Q, now: datetime, *, with_new_goal: bool = False) -> None:
    """Make payments due at once; a sync that is under way sees it when it comes back."""
    for payment in Payment.objects.select_for_update().filter(which).order_by("id"):
        payment.due_at = now
        payment.last_progress_at = now if with_new_goal else payment.last_progress_at
        save_and_go_on(payment, now)


def save_and_go_on(payment: Payment, now: datetime) -> None:
    """Save, and have the next step taken at once where one is due."""
    payment.save()
    if payment.due_at is not None and payment.due_at <= now:
        commands.schedule(SETTLE_PAYMENT, {"payment_id": str(payment.id)})
