"""Where an order stands, for a person: the order's own status and its last payment's, read together.

The two come from two services that tell each other by events, so for a moment they may disagree. What the
buyer must know is decided here in one place.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from django.utils.functional import Promise, cached_property

from frontend_service.clients.shapes import Order, Payment
from frontend_service.pages.wording import CANCELLED, MONEY_BACK

_LIVE_PAYMENT = frozenset({"started", "authorized", "captured"})
_AUTHORIZED_PAYMENT = frozenset({"authorized", "captured"})
_FINISHED_MONEY = frozenset({"", "declined", "voided", "refunded", "capture_failed"})


class Stage(StrEnum):
    """What is going on with an order."""

    HELD = "held"
    ENDING = "ending"
    PAYING = "paying"
    CONFIRM = "confirm"
    COMPLETE = "complete"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class OrderOnPage:
    """An order as a page shows it, at the moment `now`.

    With `pays_in_browser` a payment starts before the buyer has given a card, and may be left like that: then
    the card form is still what the page is about.
    """

    order: Order
    now: datetime
    payment: Payment | None = None
    payments_down: bool = False
    pays_in_browser: bool = False

    @cached_property
    def stage(self) -> Stage:
        """What is going on."""
        if self.order.status in (Stage.COMPLETE, Stage.CANCELLED):
            return Stage(self.order.status)
        if self._payment_status == "requires_action":
            return Stage.CONFIRM
        live = _AUTHORIZED_PAYMENT if self.pays_in_browser else _LIVE_PAYMENT
        if self._payment_status in live or self._is_waiting_for_unknown_payment:
            return Stage.PAYING
        return Stage.HELD if self.now < self.order.expires_at else Stage.ENDING

    @property
    def state(self) -> str:
        """Changes exactly when the page has something new to say."""
        until = int(self.order.expires_at.timestamp())
        return f"{self.stage}:{self._payment_status}:{int(self.payments_down)}:{until}"

    @property
    def is_waiting(self) -> bool:
        """Whether something is about to happen without the visitor."""
        if self.stage in (Stage.ENDING, Stage.PAYING, Stage.CONFIRM):
            return True
        if self.stage is Stage.COMPLETE:
            return self._payment_status in ("started", "authorized")
        return self.stage is Stage.CANCELLED and self._payment_status not in _FINISHED_MONEY

    @property
    def lapsed(self) -> bool:
        """Whether the time ran out before the ticket was paid."""
        return self.stage is Stage.CANCELLED and self.order.cancel_reason == "expired"

    @property
    def why_cancelled(self) -> str | Promise:
        """Why it ended, in a sentence."""
        return CANCELLED.get(self.order.cancel_reason, CANCELLED["buyer"])

    @property
    def money_back(self) -> str | Promise:
        """What became of the money of a cancelled order; empty when payments can't say."""
        return "" if self.payments_down else MONEY_BACK.get(self._payment_status, "")

    @cached_property
    def key(self) -> UUID:
        """An idempotency key for holding the same ticket again."""
        return uuid4()

    @property
    def _payment_status(self) -> str:
        return self.payment.status if self.payment else ""

    @property
    def _is_waiting_for_unknown_payment(self) -> bool:
        return self.order.status == "awaiting:payment" and self.payment is None
