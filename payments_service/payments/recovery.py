"""After a restore: payments are rebuilt from their own events, and replicas accept events anew.

No event has a payment's intent: it is searched for at the provider (see `lost_intents`), and the ledger is
written by its state.
"""

from django.db.models.functions import Now

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
from payments_service.payments.models import (
    LedgerEntry,
    Movement,
    OrderReplica,
    OrderStatus,
    Payment,
    Status,
    entry_of,
)
from shared_events.envelope import Envelope, RawEnvelope
from shared_events.outbox.recovery import forgets, in_the_end, rebuilds


@rebuilds(PaymentStarted)
@rebuilds(PaymentAuthorized)
@rebuilds(PaymentDeclined)
@rebuilds(PaymentCaptured)
@rebuilds(PaymentVoided)
@rebuilds(PaymentPartlyRefunded)
@rebuilds(PaymentRefunded)
@rebuilds(PaymentCaptureFailed)
def rebuild_payment(event: Envelope[PaymentState]) -> bool:
    """Take over the event's state, unless the payment is newer."""
    payment = Payment.objects.select_for_update().filter(id=event.aggregate_id).first()
    payment = payment or Payment(id=event.aggregate_id, version=0)
    if payment.version < event.version:
        _create_order_replica(event)
        _apply(payment, event)
        payment.save()
        if payment.status == Status.AUTHORIZED:
            # The state of an intent that was cancelled later doesn't show that it was authorised.
            authorized = entry_of(payment, Movement.AUTHORIZED)
            LedgerEntry.objects.bulk_create([authorized], ignore_conflicts=True)
    return True


def _apply(payment: Payment, event: Envelope[PaymentState]) -> None:
    """Set the event's state, and make the payment due at once, so that its intent is fetched."""
    state = event.data
    payment.version, payment.status = event.version, Status(state.status)
    payment.order_id, payment.buyer = state.order_id, state.user_id
    payment.amount, payment.currency = state.amount, state.currency
    payment.in_browser, payment.created_at = state.in_browser, state.created_at
    payment.reason_code, payment.reason = getattr(state, "reason_code", ""), getattr(state, "reason", "")
    is_requested = payment.reason_code == "requested"
    payment.refund_reason = payment.reason if is_requested else ""
    if isinstance(state, PaymentRefunded):
        payment.refunded = state.amount
        payment.refund_asked_at = event.occurred_at if is_requested else None
    elif isinstance(state, PaymentPartlyRefunded):
        payment.refunded = payment.refund_goal = state.refunded
        # The reason is the part's: the payment goes on.
        payment.reason_code = payment.reason = ""
    payment.intent_lost = payment.intent_id is None
    payment.last_progress_at = payment.due_at = event.occurred_at
    payment.leased_until = None


@in_the_end
def search_missing_intents() -> None:
    """Have intents searched for: an attempt without an intent's id may have one, written after the dump."""
    Payment.objects.filter(intent_id=None, due_at__isnull=False).update(
        intent_lost=True, due_at=Now(), leased_until=None
    )


@forgets("order")
def forget_orders(lost: list[RawEnvelope], after: int) -> None:
    """Apply the orders' events from there on, though their positions were used before."""
    OrderReplica.objects.filter(position__gt=after).update(position=after)


def _create_order_replica(event: Envelope[PaymentState]) -> None:
    """Make a replica that can't be paid, and gives its payments no new goal, until the order's next event."""
    order = event.data
    OrderReplica.objects.get_or_create(
        id=order.order_id,
        defaults={
            "buyer": order.user_id,
            "amount": order.amount,
            "currency": order.currency,
            "status": OrderStatus.AWAITING_PAYMENT,
            "expires_at": event.occurred_at,
        },
    )
