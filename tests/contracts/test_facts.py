"""Each field stands in the event whose fact it is, and a reader bears a code that it doesn't know yet.

Run with each service's settings in turn.
"""

import json
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone

from contracts import order, payment
from shared_events.catalogue import schema_of
from shared_events.contracts import published_events
from shared_events.envelope import RawEnvelope
from shared_events.ids import uuid7
from shared_events.inbox.subscriptions import dispatch

GOLDEN = Path(__file__).parent / "golden"
#: Longer than any that we use.
UNKNOWN = "of_a_kind_that_only_a_newer_publisher_has"


def _events_of(stream: str) -> list[str]:
    return sorted(name for name, event in published_events().items() if event.stream() == stream)


def _golden(wire_type: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((GOLDEN / f"{wire_type}.v1.json").read_text())
    return data


def _deliver(wire_type: str, data: dict[str, Any], aggregate_id: UUID, at: int) -> None:
    envelope = RawEnvelope(
        stream=wire_type.partition(".")[0],
        position=at,
        id=uuid7(),
        type=wire_type,
        schema_version=1,
        aggregate_id=aggregate_id,
        version=at,
        occurred_at=timezone.now(),
        correlation_id="golden",
        causation_id=None,
        traceparent="",
        data=data,
    )
    with transaction.atomic():
        dispatch([envelope])


class TestAReason:
    def test_of_an_orders_end_is_known_to_that_event_alone(self) -> None:
        telling = [name for name in _events_of("order") if "reason" in json.dumps(_properties(name))]
        assert telling == ["order.cancelled"]

    @pytest.mark.parametrize("reason", get_args(order.CancelReason))
    def test_is_named_by_the_event_that_has_it(self, reason: str) -> None:
        assert reason in _properties("order.cancelled")["cancel_reason"]["description"]

    @pytest.mark.parametrize(
        ("name", "reasons"),
        [
            ("payment.declined", payment.DeclineReason),
            ("payment.voided", payment.VoidReason),
            ("payment.partly_refunded", payment.PartRefundReason),
            ("payment.refunded", payment.RefundReason),
            ("payment.capture_failed", payment.CaptureFailReason),
        ],
    )
    def test_of_a_payments_end_is_named_by_its_own_event(self, name: str, reasons: Any) -> None:
        assert all(one in _properties(name)["reason_code"]["description"] for one in get_args(reasons))
        named = ("declined", "voided", "partly_refunded", "refunded", "capture_failed")
        others = set(_events_of("payment")) - {f"payment.{end}" for end in named}
        assert not [one for one in others if "reason" in json.dumps(_properties(one))]


class TestAStatus:
    @pytest.mark.parametrize("name", [*_events_of("order"), *_events_of("payment"), *_events_of("ticket")])
    def test_of_an_event_is_the_one_that_it_leads_to(self, name: str) -> None:
        """So that a new status is published by a new event, and no other event changes."""
        known = _properties(name)["status"]["enum"]
        assert known == (["awaiting:payment", "created"] if name == "order.extended" else known[:1])


@pytest.mark.django_db
class TestAnUnknownCode:
    @pytest.mark.parametrize(
        ("name", "field"),
        [
            ("order.cancelled", "cancel_reason"),
            *(
                (f"payment.{what}", "reason_code")
                for what in ("declined", "voided", "refunded", "capture_failed")
            ),
        ],
    )
    def test_is_read_by_this_service(self, name: str, field: str) -> None:
        _deliver(name, _golden(name) | {field: UNKNOWN}, uuid7(), 1)


class TestTheLastEventOfAnAggregate:
    """Replaying an aggregate's events, or reading the last one, gives its public state back."""

    def test_says_all_that_is_public_of_an_order(self) -> None:
        for name in _events_of("order"):
            assert {"status", "user_id", "expires_at", "extended", "created_at", "ticket"} <= set(
                _properties(name)
            ), name
        waiting = [one for one in _events_of("order") if "current_payment_id" in _properties(one)]
        assert waiting == ["order.awaiting_payment", "order.extended"]
        paid = [one for one in _events_of("order") if "payment_id" in _properties(one)]
        assert paid == ["order.cancelled", "order.completed"]

    def test_says_all_that_is_public_of_a_ticket(self) -> None:
        public = {"title", "price", "currency", "description", "venue", "starts_at", "user_id", "created_at"}
        for name in _events_of("ticket"):
            assert public < set(_properties(name)), name
        owned = [one for one in _events_of("ticket") if "order_id" in _properties(one)]
        assert owned == [f"ticket.{what}" for what in ("released", "reservation_refused", "reserved", "sold")]

    def test_says_all_that_is_public_of_a_payment(self) -> None:
        public = {"order_id", "user_id", "amount", "currency", "status", "in_browser", "created_at"}
        for name in _events_of("payment"):
            assert public <= set(_properties(name)), name


def _properties(wire_type: str) -> dict[str, Any]:
    properties: dict[str, Any] = schema_of(published_events()[wire_type])["properties"]
    return properties
