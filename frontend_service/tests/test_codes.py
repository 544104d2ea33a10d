"""The pages decide by codes: with other texts in the APIs' responses they behave the same."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, get_args

import pytest

from contracts.order import CancelReason
from contracts.payment import CaptureFailReason, DeclineReason, RefundReason, VoidReason
from frontend_service.clients.schemas import Order, Payment
from frontend_service.pages.order_view import OrderOnPage
from frontend_service.tests.fake_answers import new_id, timestamp

NOW = datetime(2031, 5, 17, tzinfo=UTC)
#: Texts that payments may send, and an unknown one.
SENTENCES = ("", "authorized too late", "expired", "superseded", "Something else altogether.")
CODES = {
    "declined": get_args(DeclineReason),
    "voided": get_args(VoidReason),
    "refunded": get_args(RefundReason),
    "capture_failed": get_args(CaptureFailReason),
}
PAYMENTS = [
    *((status, "") for status in ("started", "requires_action", "authorized", "captured", *CODES)),
    *((status, code) for status, codes in CODES.items() for code in codes),
]


def order(status: str, cancel_reason: str = "") -> Order:
    ticket = {"id": new_id(), "title": "Front row", "price": "48.00", "currency": "USD"}
    begun = {"createdAt": timestamp(NOW), "expiresAt": timestamp(NOW + timedelta(minutes=15))}
    return Order.from_json(
        {"id": new_id(), "status": status, "cancelReason": cancel_reason, "ticket": ticket, **begun}
    )


def decided(order: Order, payment: dict[str, Any], words: str) -> dict[str, Any]:
    """Return what the page shows and offers, without the texts that it only passes on."""
    sent = payment | {"reason": words, "failure": {"code": "x", "message": words}}
    page = OrderOnPage(order=order, now=NOW, payments=[Payment.from_json(sent)], ticket_is_free=True)
    names = ("state", "version", "is_waiting", "lapsed", "why_cancelled", "money_text", "can_hold_again")
    return {name: str(getattr(page, name)) for name in names}


class TestTheOrdersPage:
    @pytest.mark.parametrize(("status", "code"), PAYMENTS)
    @pytest.mark.parametrize(
        ("order_status", "cancel_reason"),
        [
            *product(("created", "awaiting:payment", "complete"), ("",)),
            *product(("cancelled",), get_args(CancelReason)),
        ],
    )
    def test_decides_nothing_by_a_text(
        self, order_status: str, cancel_reason: str, status: str, code: str
    ) -> None:
        shown = order(order_status, cancel_reason)
        payment = {"id": new_id(), "status": status, "reasonCode": code}
        results = [decided(shown, payment, words) for words in SENTENCES]
        assert results == [results[0]] * len(SENTENCES)

    def test_accepts_unknown_codes(self) -> None:
        payment = {"id": new_id(), "status": "voided", "reasonCode": "of_a_newer_kind"}
        page = decided(order("cancelled", "of_a_newer_kind"), payment, "Because.")
        assert page["why_cancelled"] == "This order was cancelled."
        assert page["money_text"] == "You were not charged."
