"""Where an order stands, for a person: the order's own status and its last payment's, read together.

The two come from two services that tell each other by events, so for a moment they may disagree. What the
buyer must know is decided here in one place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from django.utils.functional import Promise, cached_property

from frontend_service.clients.schemas import Order, Payment
from frontend_service.pages.messages import MONEY_BACK, TOO_LATE, translated, why_cancelled
from frontend_service.pages.timeline import Moment, timeline_of

_LIVE_PAYMENT = frozenset({"started", "authorized", "captured"})
_AUTHORIZED_PAYMENT = frozenset({"authorized", "captured"})
_MONEY_IS_BACK = frozenset({"refunded", "capture_failed"})
_FINISHED_MONEY = frozenset({"", "declined", "voided"}) | _MONEY_IS_BACK
# Payments' code for a card that the bank authorised when the hold had ended.
_AUTHORIZED_TOO_LATE = "authorized_too_late"


class OrderStage(StrEnum):
    """What is going on with an order."""

    HELD = "held"
    ENDING = "ending"
    PAYING = "paying"
    CONFIRM = "confirm"
    COMPLETE = "complete"
    UNDOING = "undoing"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class OrderOnPage:
    """An order as a page shows it, at the moment `now`.

    With `pays_in_browser` a payment starts before the buyer has given a card, and may be left like that: then
    the card form is still what the page is about. `ticket_is_free` is None where nobody has asked, or tickets
    couldn't say.
    """

    order: Order
    now: datetime
    payments: Sequence[Payment] = ()
    payments_down: bool = False
    pays_in_browser: bool = False
    ticket_is_free: bool | None = None

    @property
    def payment(self) -> Payment | None:
        """The last attempt to pay, None before the first."""
        return self.payments[-1] if self.payments else None

    @property
    def timeline(self) -> list[Moment]:
        """What happened so far, oldest first."""
        return timeline_of(self.order, self.payments)

    @cached_property
    def stage(self) -> OrderStage:
        """What is going on."""
        if self.order.status == OrderStage.CANCELLED:
            return OrderStage.CANCELLED
        if self.order.status == OrderStage.COMPLETE:
            return OrderStage.UNDOING if self._payment_status in _MONEY_IS_BACK else OrderStage.COMPLETE
        if self._payment_status == "requires_action":
            return OrderStage.CONFIRM
        live = _AUTHORIZED_PAYMENT if self.pays_in_browser else _LIVE_PAYMENT
        if self._payment_status in live or self._is_waiting_for_unknown_payment:
            return OrderStage.PAYING
        return OrderStage.HELD if self.now < self.order.expires_at else OrderStage.ENDING

    @property
    def state(self) -> str:
        """Changes exactly when the page has something new to say."""
        until = int(self.order.expires_at.timestamp())
        again = f"{int(self.offers_again)}{int(self.ticket_is_free or False)}"
        lines = len(self.timeline)
        return f"{self.stage}:{self._payment_status}:{int(self.payments_down)}:{until}:{again}:{lines}"

    @property
    def asks_for_ticket(self) -> bool:
        """Whether the page's script should ask at once if the ticket can be had again."""
        return self.offers_again and self.ticket_is_free is None

    @property
    def seconds_left(self) -> int:
        """How much of the hold is left."""
        return max(0, int((self.order.expires_at - self.now).total_seconds()))

    @property
    def seconds_in_all(self) -> int:
        """How long the hold is from its beginning to its end."""
        return max(1, int((self.order.expires_at - self.order.created_at).total_seconds()))

    @property
    def is_waiting(self) -> bool:
        """Whether something is about to happen without the visitor."""
        if self.stage in (OrderStage.ENDING, OrderStage.PAYING, OrderStage.CONFIRM, OrderStage.UNDOING):
            return True
        if self.stage is OrderStage.COMPLETE:
            return self._payment_status in ("started", "authorized")
        return self.stage is OrderStage.CANCELLED and self._payment_status not in _FINISHED_MONEY

    @property
    def lapsed(self) -> bool:
        """Whether the time ran out before the ticket was paid."""
        return self.stage is OrderStage.CANCELLED and self.order.cancel_reason == "expired"

    @property
    def why_cancelled(self) -> str | Promise:
        """Why it ended, in a sentence."""
        return why_cancelled(self.order.cancel_reason)

    @property
    def money_back(self) -> str | Promise:
        """What became of the money of an order that ended; empty when payments can't say."""
        if self.payments_down:
            return ""
        if self._came_too_late and self._payment_status in TOO_LATE:
            return TOO_LATE[self._payment_status]
        return MONEY_BACK.get(self._payment_status, "")

    @property
    def declined(self) -> str:
        """Why the last card was refused, while another one may be tried."""
        if self.payment is None or self.payment.status != "declined":
            return ""
        return translated(self.payment.failure)

    @property
    def offers_again(self) -> bool:
        """Whether it makes sense to hold the same ticket once more."""
        ended = self.stage is OrderStage.CANCELLED and self.order.cancel_reason not in (
            "withdrawn",
            "suspended",
        )
        return ended and self.ticket_is_free is not False

    @property
    def is_taken(self) -> bool:
        """Whether the ticket is held or sold again, or gone."""
        return self.stage is OrderStage.CANCELLED and self.ticket_is_free is False

    @cached_property
    def key(self) -> UUID:
        """An idempotency key for holding the same ticket again."""
        return uuid4()

    @property
    def _payment_status(self) -> str:
        return self.payment.status if self.payment else ""

    @property
    def _came_too_late(self) -> bool:
        if self.payment is None or not self.lapsed:
            return False
        return self.payment.status != "voided" or self.payment.reason_code == _AUTHORIZED_TOO_LATE

    @property
    def _is_waiting_for_unknown_payment(self) -> bool:
        return self.order.status == "awaiting:payment" and self.payment is None
