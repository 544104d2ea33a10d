"""An order's state as the buyer sees it: the order's own status and its last payment's, combined.

The two statuses come from two services that exchange events, so for a moment they may disagree. What the
page shows is decided here, in one place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from django.utils.functional import Promise, cached_property

from frontend_service.clients.schemas import Order, Payment
from frontend_service.pages.messages import LATE_PAYMENT_TEXTS, REFUND_TEXTS, translated, why_cancelled
from frontend_service.pages.timeline import TimelineEntry, build_timeline

_PENDING_PAYMENT = frozenset({"started", "authorized", "captured"})
_AUTHORIZED_PAYMENT = frozenset({"authorized", "captured"})
_MONEY_RETURNED = frozenset({"refunded", "capture_failed"})
_FINAL_STATUSES = frozenset({"", "declined", "voided"}) | _MONEY_RETURNED
# Payments' code for a card that the bank authorised after the hold ended.
_AUTHORIZED_TOO_LATE = "authorized_too_late"


class OrderState(StrEnum):
    """The state of an order on its page."""

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

    With `pays_in_browser` a payment starts before the buyer enters a card, and the buyer may stop there: then
    the page still shows the card form. `ticket_is_free` is None where it wasn't requested, or where tickets
    is down.
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
    def timeline(self) -> list[TimelineEntry]:
        """What happened so far, oldest first."""
        return build_timeline(self.order, self.payments)

    @cached_property
    def state(self) -> OrderState:
        """The state that the page shows."""
        if self.order.status == OrderState.CANCELLED:
            return OrderState.CANCELLED
        if self.order.status == OrderState.COMPLETE:
            return OrderState.UNDOING if self._payment_status in _MONEY_RETURNED else OrderState.COMPLETE
        if self._payment_status == "requires_action":
            return OrderState.CONFIRM
        pending = _AUTHORIZED_PAYMENT if self.pays_in_browser else _PENDING_PAYMENT
        if self._payment_status in pending or self._is_waiting_for_unknown_payment:
            return OrderState.PAYING
        return OrderState.HELD if self.now < self.order.expires_at else OrderState.ENDING

    @property
    def version(self) -> str:
        """A text that changes exactly when the page has something new to show."""
        until = int(self.order.expires_at.timestamp())
        again = f"{int(self.can_hold_again)}{int(self.ticket_is_free or False)}"
        lines = len(self.timeline)
        return f"{self.state}:{self._payment_status}:{int(self.payments_down)}:{until}:{again}:{lines}"

    @property
    def should_check_ticket(self) -> bool:
        """Whether the page's script should request at once whether the ticket is available again."""
        return self.can_hold_again and self.ticket_is_free is None

    @property
    def seconds_left(self) -> int:
        """The seconds until the hold expires; 0 after that."""
        return max(0, int((self.order.expires_at - self.now).total_seconds()))

    @property
    def hold_seconds(self) -> int:
        """The hold's whole duration in seconds."""
        return max(1, int((self.order.expires_at - self.order.created_at).total_seconds()))

    @property
    def is_waiting(self) -> bool:
        """Whether the state is about to change without the visitor doing anything."""
        if self.state in (OrderState.ENDING, OrderState.PAYING, OrderState.CONFIRM, OrderState.UNDOING):
            return True
        if self.state is OrderState.COMPLETE:
            return self._payment_status in ("started", "authorized")
        return self.state is OrderState.CANCELLED and self._payment_status not in _FINAL_STATUSES

    @property
    def lapsed(self) -> bool:
        """Whether the hold expired before the ticket was paid."""
        return self.state is OrderState.CANCELLED and self.order.cancel_reason == "expired"

    @property
    def why_cancelled(self) -> str | Promise:
        """Why the order ended, as a sentence."""
        return why_cancelled(self.order.cancel_reason)

    @property
    def money_text(self) -> str | Promise:
        """What happened to the money of an order that ended; empty when payments is down."""
        if self.payments_down:
            return ""
        if self._was_paid_too_late and self._payment_status in LATE_PAYMENT_TEXTS:
            return LATE_PAYMENT_TEXTS[self._payment_status]
        return REFUND_TEXTS.get(self._payment_status, "")

    @property
    def declined(self) -> str:
        """Why the last card was declined, while another one may be tried."""
        if self.payment is None or self.payment.status != "declined":
            return ""
        return translated(self.payment.failure)

    @property
    def can_hold_again(self) -> bool:
        """Whether it makes sense to hold the same ticket once more."""
        ended = self.state is OrderState.CANCELLED and self.order.cancel_reason not in (
            "withdrawn",
            "suspended",
        )
        return ended and self.ticket_is_free is not False

    @property
    def is_unavailable(self) -> bool:
        """Whether the ticket is held, sold or withdrawn."""
        return self.state is OrderState.CANCELLED and self.ticket_is_free is False

    @cached_property
    def key(self) -> UUID:
        """An idempotency key for holding the same ticket again."""
        return uuid4()

    @property
    def _payment_status(self) -> str:
        return self.payment.status if self.payment else ""

    @property
    def _was_paid_too_late(self) -> bool:
        if self.payment is None or not self.lapsed:
            return False
        return self.payment.status != "voided" or self.payment.reason_code == _AUTHORIZED_TOO_LATE

    @property
    def _is_waiting_for_unknown_payment(self) -> bool:
        return self.order.status == "awaiting:payment" and self.payment is None
