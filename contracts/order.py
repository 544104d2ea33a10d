"""The `order` stream, published by orders."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Literal
from uuid import UUID

import msgspec

from shared_events.contracts import Event, Upcaster, contract

CancelReason = Literal["buyer", "expired", "withdrawn", "refunded", "capture_failed", "suspended", "operator"]


class HeldTicket(msgspec.Struct, frozen=True, kw_only=True):
    """The ticket as it was when the hold began: its price can't move under the buyer."""

    id: UUID
    title: str
    price: Decimal
    currency: str
    version: int


class OrderState(Event, frozen=True, kw_only=True):
    """A hold or an order. The aggregate's id is the order's id."""

    status: Literal["created", "awaiting:payment", "complete", "cancelled"]
    user_id: UUID
    expires_at: datetime
    ticket: HeldTicket
    payment_id: UUID | None = None
    cancel_reason: CancelReason | None = None


@contract
class OrderCreated(OrderState, frozen=True):
    """Recorded by orders when a buyer's hold begins."""


@contract
class OrderExtended(OrderState, frozen=True):
    """Recorded by orders when the buyer asked for more time; `expires_at` is the new deadline."""


@contract
class OrderAwaitingPayment(OrderState, frozen=True):
    """Recorded by orders when a payment for the hold has started."""


@contract
class OrderReopened(OrderState, frozen=True):
    """Recorded by orders when a payment came to nothing and the hold lives on: another may be tried."""


@contract
class OrderCompleted(OrderState, frozen=True):
    """Recorded by orders when an authorised payment met the living hold; `payment_id` says which."""


def _give_a_reason(v1: dict[str, Any]) -> dict[str, Any]:
    """Lift version 1, in which an order's end could go without a reason: somebody must have ended it."""
    return v1 | {"cancel_reason": v1.get("cancel_reason") or "operator"}


@contract
class OrderCancelled(OrderState, frozen=True, kw_only=True):
    """Recorded by orders when the hold or the sale has ended; `cancel_reason` says why.

    Version 2 always has a reason.
    """

    schema_version: ClassVar[int] = 2
    upcasters: ClassVar[Mapping[int, Upcaster]] = {1: _give_a_reason}

    cancel_reason: CancelReason
