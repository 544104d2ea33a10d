"""The `payment` stream, published by payments."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

import msgspec

from shared_events.contracts import Event, contract

#: Why payments end, as payments says it today. Readers take any other word too.
DeclineReason = Literal["card_declined", "card_not_accepted"]
VoidReason = Literal[
    "order_cancelled",
    "authorized_too_late",
    "paid_otherwise",
    "superseded",
    "abandoned",
    "no_answer",
    "cancelled_at_provider",
]
RefundReason = Literal["requested", "order_cancelled", "paid_otherwise", "refunded_at_provider"]
PartRefundReason = Literal["requested", "refunded_at_provider"]
CaptureFailReason = Literal["capture_refused", "authorization_lapsed"]
PaymentReason = DeclineReason | VoidReason | RefundReason | CaptureFailReason


def _one_of(reasons: Any) -> msgspec.Meta:
    return msgspec.Meta(description=f"{', '.join(get_args(reasons))}; a reader takes any other word too")


class PaymentState(Event, frozen=True, kw_only=True):
    """One attempt to pay an order. The aggregate's id is the payment's id.

    `status` is what has happened, as the event's type says it. With `in_browser` the buyer's browser confirms
    the payment. Where there is a `reason_code`, programs decide by it; the `reason` beside it is for people.
    """

    order_id: UUID
    user_id: UUID
    amount: Decimal
    currency: str
    status: str
    in_browser: bool
    created_at: datetime


@contract
class PaymentStarted(PaymentState, frozen=True, kw_only=True):
    """Recorded by payments when an attempt begins, before Stripe is called."""

    status: Literal["started"] = "started"


@contract
class PaymentAuthorized(PaymentState, frozen=True, kw_only=True):
    """Recorded by payments when Stripe has reserved the amount; nothing has been taken yet."""

    status: Literal["authorized"] = "authorized"


@contract
class PaymentDeclined(PaymentState, frozen=True, kw_only=True):
    """Recorded by payments when the card was refused; the hold lives on."""

    status: Literal["declined"] = "declined"
    reason_code: Annotated[str, _one_of(DeclineReason)]
    reason: str


@contract
class PaymentCaptured(PaymentState, frozen=True, kw_only=True):
    """Recorded by payments when the money was taken, which happens for a completed order only."""

    status: Literal["captured"] = "captured"


@contract
class PaymentVoided(PaymentState, frozen=True, kw_only=True):
    """Recorded by payments when an attempt ended with nothing taken: cancelled, superseded or abandoned."""

    status: Literal["voided"] = "voided"
    reason_code: Annotated[str, _one_of(VoidReason)]
    reason: str


@contract
class PaymentPartlyRefunded(PaymentState, frozen=True, kw_only=True):
    """Recorded by payments when a part of the money that was taken went back; the sale stands.

    `refunded` is how much has gone back by now, in `currency`, earlier parts included.
    """

    status: Literal["captured"] = "captured"
    refunded: Decimal
    reason_code: Annotated[str, _one_of(PartRefundReason)]
    reason: str


@contract
class PaymentRefunded(PaymentState, frozen=True, kw_only=True):
    """Recorded by payments when all the money that was taken has gone back to the buyer."""

    status: Literal["refunded"] = "refunded"
    reason_code: Annotated[str, _one_of(RefundReason)]
    reason: str


@contract
class PaymentCaptureFailed(PaymentState, frozen=True, kw_only=True):
    """Recorded by payments when an authorised amount can't be taken any more, for good."""

    status: Literal["capture_failed"] = "capture_failed"
    reason_code: Annotated[str, _one_of(CaptureFailReason)]
    reason: str
