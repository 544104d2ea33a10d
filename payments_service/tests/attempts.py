"""What the tests of settling share: attempts at a given point of their way."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from payments_service.payments import operations, paying
from payments_service.payments.models import Intent, IntentState
from payments_service.tests.story import (
    PlacedOrder,
    begin_attempt,
)


def lease(order: PlacedOrder, *, later: timedelta = timedelta(0)) -> operations.Lease | None:
    with transaction.atomic():
        return operations.lease_payment(payment_id=order.payment().id, now=timezone.now() + later)


def add_new_intent(order: PlacedOrder, card: str = "tok_visa") -> tuple[operations.Lease, Intent]:
    """Go as far as a buyer's request that has not confirmed yet."""
    begun = begin_attempt(order)
    intent = paying._create_intent(begun, card)
    with transaction.atomic():
        return operations.add_intent(lease=begun, intent=intent, now=timezone.now()), intent


def add_unknown_intent(order: PlacedOrder) -> None:
    intent = Intent(
        provider="Stripe", id=f"pi_{order.id.hex}", state=IntentState.UNCONFIRMED, client_secret="s"
    )
    begun = begin_attempt(order)
    with transaction.atomic():
        operations.add_intent(lease=begun, intent=intent, now=timezone.now())
