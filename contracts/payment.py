"""The `payment` stream, published by payments."""

from decimal import Decimal
from typing import Literal
from uuid import UUID

from shared_events.contracts import Event, contract

PaymentStatus = Literal[
    "started", "requires_action", "authorized", "declined", "captured", "voided", "refunded", "capture_failed"
]


class PaymentState(Event, frozen=True, kw_only=True):
    """One attempt to pay an order. The aggregate's id is the payment's id; `reason` is for people."""

    order_id: UUID
    user_id: UUID
    amount: Decimal
    currency: str
    status: PaymentStatus
    reason: str = ""


@contract
class PaymentStarted(PaymentState, frozen=True):
    """Recorded by payments when an attempt begins, before Stripe is asked."""


@contract
class PaymentAuthorized(PaymentState, frozen=True):
    """Recorded by payments when Stripe has reserved the amount; nothing has been taken yet."""


@contract
class PaymentDeclined(PaymentState, frozen=True):
    """Recorded by payments when the card was refused; the hold lives on."""


@contract
class PaymentCaptured(PaymentState, frozen=True):
    """Recorded by payments when the money was taken, which happens for a completed order only."""


@contract
class PaymentVoided(PaymentState, frozen=True):
    """Recorded by payments when an attempt ended with nothing taken: cancelled, superseded or abandoned."""


@contract
class PaymentRefunded(PaymentState, frozen=True):
    """Recorded by payments when money that was taken went back to the buyer."""


@contract
class PaymentCaptureFailed(PaymentState, frozen=True):
    """Recorded by payments when an authorised amount can't be taken any more, for good."""
