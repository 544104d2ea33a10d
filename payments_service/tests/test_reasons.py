"""Why a payment ended: a code for programs, words for people."""

from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from contracts.payment import CaptureFailReason, DeclineReason, RefundReason, VoidReason
from payments_service.payments.models import (
    Intent,
    IntentState,
    OrderReplica,
    Payment,
    Reason,
    Status,
    reason_for,
)
from shared_events.ids import uuid7

AT = datetime(2026, 5, 1, tzinfo=UTC)
OPEN, CANCELLED = {"status": "created"}, {"status": "cancelled", "cancel_reason": "expired"}
PAID_BY_ANOTHER = {"status": "complete", "payment_id": uuid7()}


def _reason(status: Status, state: IntentState, order: dict[str, Any], **payment: Any) -> Reason | None:
    voided = payment.pop("voided", None)
    intent = Intent(id="pi_1", provider="Stripe", state=state, client_secret="")
    return reason_for(status, Payment(**payment), OrderReplica(**order), intent, voided)


class TestAPaymentThatEnded:
    @pytest.mark.parametrize(
        ("code", "words", "status", "state", "order", "payment"),
        [
            ("card_declined", "No.", Status.DECLINED, IntentState.UNPAID, OPEN, {"failure_message": "No."}),
            (
                *("card_not_accepted", "No such card.", Status.DECLINED, IntentState.UNCONFIRMED, OPEN),
                {"failure_message": "No such card."},
            ),
            (
                "authorization_lapsed",
                "authorization lapsed",
                Status.CAPTURE_FAILED,
                IntentState.CANCELED,
                OPEN,
                {},
            ),
            (
                *("capture_refused", "Too late.", Status.CAPTURE_FAILED, IntentState.AUTHORIZED, OPEN),
                {"failure_message": "Too late."},
            ),
            (
                *("requested", "No show", Status.REFUNDED, IntentState.REFUNDED, OPEN),
                {"refund_reason": "No show", "refund_asked_at": AT},
            ),
            ("order_cancelled", "expired", Status.REFUNDED, IntentState.REFUNDED, CANCELLED, {}),
            ("paid_otherwise", "paid otherwise", Status.REFUNDED, IntentState.REFUNDED, PAID_BY_ANOTHER, {}),
            ("refunded_at_provider", "refunded at Stripe", Status.REFUNDED, IntentState.REFUNDED, OPEN, {}),
            ("order_cancelled", "expired", Status.VOIDED, IntentState.CANCELED, CANCELLED, {}),
            ("paid_otherwise", "paid otherwise", Status.VOIDED, IntentState.CANCELED, PAID_BY_ANOTHER, {}),
            ("cancelled_at_provider", "cancelled at Stripe", Status.VOIDED, IntentState.CANCELED, OPEN, {}),
            (
                *(
                    "authorized_too_late",
                    "authorized too late",
                    Status.VOIDED,
                    IntentState.CANCELED,
                    CANCELLED,
                ),
                {"voided": "authorized_too_late"},
            ),
            (
                *("superseded", "superseded", Status.VOIDED, IntentState.CANCELED, OPEN),
                {"voided": "superseded"},
            ),
        ],
    )
    def test_says_why(
        self, code: str, words: str, status: Status, state: IntentState, order: Any, payment: Any
    ) -> None:
        reason = _reason(status, state, order, **payment)
        assert reason is not None
        assert (reason.code, str(reason)) == (code, words)
        reasons = {
            Status.DECLINED: DeclineReason,
            Status.VOIDED: VoidReason,
            Status.REFUNDED: RefundReason,
            Status.CAPTURE_FAILED: CaptureFailReason,
        }
        assert code in get_args(reasons[status])

    @pytest.mark.parametrize("status", [Status.AUTHORIZED, Status.CAPTURED])
    def test_has_nothing_to_explain_while_all_is_well(self, status: Status) -> None:
        assert _reason(status, IntentState.AUTHORIZED, OPEN) is None
