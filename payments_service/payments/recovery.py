"""After a restore: payments are made anew from their own events, and what others have lost is let go of.

No event tells a payment's intent: Stripe is asked for it (see `lost_intents`), and for what the ledger says.
"""

from django.db.models.functions import Now

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
    LedgerEntry,
    Movement,
    OrderReplica,
    OrderStatus,
    Payment,
    Status,
    UserReplica,
    entry_of,
)
from service_defaults.revocation import operations as revocation
from shared_events.envelope import Envelope, RawEnvelope
from shared_events.outbox.recovery import forgets, in_the_end, rebuilds


@rebuilds(PaymentStarted)
@rebuilds(PaymentAuthorized)
@rebuilds(PaymentDeclined)
@rebuilds(PaymentCaptured)
@rebuilds(PaymentVoided)
@rebuilds(PaymentRefunded)
@rebuilds(PaymentCaptureFailed)
def rebuild_payment(event: Envelope[PaymentState]) -> bool:
    """Make the payment what the event says, unless it is newer."""
    payment = Payment.objects.select_for_update().filter(id=event.aggregate_id).first()
    payment = payment or Payment(id=event.aggregate_id, version=0)
    if payment.version < event.version:
        _stand_in_for_order(event)
        payment.rebuild(event)
        payment.save()
        if payment.status == Status.AUTHORIZED:
            # Stripe's state of an intent that was cancelled doesn't say it.
            reserved = entry_of(payment, Movement.AUTHORIZED)
            LedgerEntry.objects.bulk_create([reserved], ignore_conflicts=True)
    return True


@in_the_end
def abandon_nothing() -> None:
    """An attempt without its intent's id may have one, and money in it: the id was written after the dump."""
    Payment.objects.filter(intent_id=None, due_at__isnull=False).update(
        intent_lost=True, due_at=Now(), leased_until=None
    )


@forgets("order")
def forget_orders(lost: list[RawEnvelope], after: int) -> None:
    """What orders tells from there on is news, whatever its position was used for before."""
    OrderReplica.objects.filter(position__gt=after).update(position=after)


@forgets("user")
def forget_users(lost: list[RawEnvelope], after: int) -> None:
    """What auth says next of these users is news."""
    UserReplica.objects.filter(position__gt=after).update(position=after)
    revocation.accept_next_version(user_ids={event.aggregate_id for event in lost})


def _stand_in_for_order(event: Envelope[PaymentState]) -> None:
    """Keep a copy of the order until orders tells of it again: nobody can pay it, and nothing is decided."""
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
