"""The `order` stream, published by orders."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, get_args
from uuid import UUID

import msgspec

from shared_events.contracts import Event, contract

#: Why orders end, as orders says it today. Readers take any other word too.
CancelReason = Literal["buyer", "expired", "withdrawn", "refunded", "capture_failed", "suspended", "operator"]


class HeldTicket(msgspec.Struct, frozen=True, kw_only=True):
    """The ticket as it was when the hold began: its price can't move under the buyer."""

    id: UUID
    title: str
    price: Decimal
    currency: str
    version: int


class OrderState(Event, frozen=True, kw_only=True):
    """A hold or an order. The aggregate's id is the order's id.

    `status` is `created`, `awaiting:payment`, `complete` or `cancelled`; each event has the one that it leads
    to. `extended` says that the buyer has used the one chance to ask for more time.
    """

    status: str
    user_id: UUID
    expires_at: datetime
    extended: bool
    created_at: datetime
    ticket: HeldTicket


@contract
class OrderCreated(OrderState, frozen=True, kw_only=True):
    """Recorded by orders when a buyer's hold begins."""

    status: Literal["created"] = "created"


@contract
class OrderExtended(OrderState, frozen=True, kw_only=True):
    """Recorded by orders when the buyer asked for more time; `expires_at` is the new deadline.

    A payment that is under way goes on.
    """

    status: Literal["created", "awaiting:payment"]
    current_payment_id: UUID | None


@contract
class OrderAwaitingPayment(OrderState, frozen=True, kw_only=True):
    """Recorded by orders when a payment for the hold has started; `current_payment_id` says which."""

    status: Literal["awaiting:payment"] = "awaiting:payment"
    current_payment_id: UUID


@contract
class OrderReopened(OrderState, frozen=True, kw_only=True):
    """Recorded by orders when a payment came to nothing and the hold lives on: another may be tried."""

    status: Literal["created"] = "created"


@contract
class OrderCompleted(OrderState, frozen=True, kw_only=True):
    """Recorded by orders when an authorised payment met the living hold; `payment_id` says which."""

    status: Literal["complete"] = "complete"
    payment_id: UUID


@contract
class OrderCancelled(OrderState, frozen=True, kw_only=True):
    """Recorded by orders when the hold or the sale has ended; `cancel_reason` says why.

    `payment_id` is there where a sale ended: it is the payment that had completed the order.
    """

    status: Literal["cancelled"] = "cancelled"
    cancel_reason: Annotated[
        str,
        msgspec.Meta(description=f"{', '.join(get_args(CancelReason))}; a reader takes any other word too"),
    ]
    payment_id: UUID | None
