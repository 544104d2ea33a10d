"""The classical faults of selling tickets: each is provoked, and must not occur.

Where a guard can be removed, a negative control removes it, and the fault must occur: `bleeds`.
"""

from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from payments_service.payments import operations, paying
from payments_service.payments.models import Goal, OrderStatus, Payment, Status
from payments_service.payments.operations import attempts, replicas
from payments_service.tests.attacks import (
    at_once,
    complete_by_losing_answers,
    ledger_of,
    money_of,
    settle_for_good,
)
from payments_service.tests.fake_stripe import FakeStripe
from payments_service.tests.lost_answers import CALLS, lose_answers
from payments_service.tests.story import (
    PlacedOrder,
    begin_attempt,
    let_time_pass,
    recorded,
    run_commands,
    sweep,
)
from payments_service.tests.test_pay_order import without_constraint

pytestmark = pytest.mark.django_db

KEY = {"Idempotency-Key": "one-click"}


class TestPaidAndNoTicket:
    """Money is taken only for an order that completed with this very payment."""

    @pytest.mark.parametrize("end", ["expired", "buyer", "withdrawn", "suspended"])
    def test_an_order_that_ended_without_its_ticket_keeps_no_money(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID, end: str
    ) -> None:
        order = authorised(shop, buyer)
        order.cancel(end)
        settle_for_good()
        assert money_of(order, provider) == (0, 0)

    def test_bleeds_when_an_order_s_end_changes_no_goal(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = authorised(shop, buyer)
        monkeypatch.setattr(Payment, "goal", lambda self, order: Goal.CAPTURE)
        order.cancel()
        settle_for_good()
        assert money_of(order, provider) == (0, 1999)

    def test_money_waits_for_the_order_and_is_not_taken_before(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = authorised(shop, buyer)
        settle_for_good()
        assert money_of(order, provider) == (1999, 0)

    @pytest.mark.parametrize("call", ["capture", "refund"])
    def test_a_lost_answer_leaves_neither_a_free_ticket_nor_a_paid_nothing(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID, call: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = authorised(shop, buyer)
        line = lose_answers(monkeypatch, call)
        complete_by_losing_answers(order, line, refunded=call == "refund")
        assert money_of(order, provider) == ((0, 1999) if call == "capture" else (0, 0))
        assert order.payment().due_at is None

    def test_a_sale_is_captured_though_command_and_webhook_never_come(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = authorised(shop, buyer)
        order.complete(order.payment())
        let_time_pass()
        sweep()
        assert money_of(order, provider) == (0, 1999)


class TestChargedTwice:
    """However often it is requested, one order takes one payment's money."""

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("headers", [KEY, {}], ids=["with a key", "without"])
    def test_a_double_click(self, provider: FakeStripe, buyer: UUID, headers: dict[str, str]) -> None:
        order = PlacedOrder(buyer)
        answers = at_once(order, [order.body()] * 4, headers)
        assert 201 in answers
        assert set(answers) <= {201, 400, 409}
        assert provider.held_or_taken(order.id) == 1

    @pytest.mark.django_db(transaction=True)
    def test_two_tabs_with_two_cards(self, provider: FakeStripe, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        answers = at_once(order, [order.body("tok_visa"), order.body("tok_mastercard")], {})
        assert 201 in answers
        run_commands()
        assert provider.held_or_taken(order.id) == 1

    @pytest.mark.django_db(transaction=True)
    def test_fails_without_the_rule_of_one_live_payment_per_order(
        self, provider: FakeStripe, buyer: UUID, shop: APIClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = PlacedOrder(buyer)
        monkeypatch.setattr(attempts, "require_payable", lambda *args, **given: None)
        monkeypatch.setattr(attempts, "LIVE", ())
        monkeypatch.setattr(paying, "_cancel_open_attempt", lambda *args: None)
        with without_constraint("one_live_payment_per_order"):
            assert shop.post("/api/payments", order.body("tok_visa")).status_code == 201
            assert shop.post("/api/payments", order.body("tok_mastercard")).status_code == 201
            assert provider.held_or_taken(order.id) == 2
            Payment.objects.update(status=Status.VOIDED)

    @pytest.mark.parametrize("headers", [KEY, {}], ids=["with a key", "without"])
    @pytest.mark.parametrize("call", ["create", "confirm"])
    def test_an_honest_retry_after_a_lost_answer(
        self,
        shop: APIClient,
        provider: FakeStripe,
        buyer: UUID,
        call: str,
        headers: dict[str, str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        order = PlacedOrder(buyer)
        line = lose_answers(monkeypatch, call)
        assert shop.post("/api/payments", order.body(), headers=headers).status_code == 503
        line.broken = False
        assert shop.post("/api/payments", order.body(), headers=headers).data["status"] == "authorized"
        assert provider.held_or_taken(order.id) == 1

    def test_bleeds_when_a_retry_does_not_ask_stripe_first(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = PlacedOrder(buyer)
        line = lose_answers(monkeypatch, "confirm")
        shop.post("/api/payments", order.body())
        line.broken = False
        monkeypatch.setattr(paying, "_cancel_open_attempt", lambda *args: None)
        Payment.objects.update(status=Status.VOIDED)  # as if giving up were enough
        shop.post("/api/payments", order.body())
        assert provider.held_or_taken(order.id) == 2

    @pytest.mark.parametrize("call", list(CALLS))
    def test_a_lost_answer_at_any_call_ends_with_one_charge_at_most(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID, call: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = PlacedOrder(buyer)
        line = lose_answers(monkeypatch, call)
        shop.post(
            "/api/payments", order.body("tok_threeDSecure2Required" if call == "cancel" else "tok_visa")
        )
        if call == "cancel":
            assert shop.post("/api/payments", order.body()).status_code == 503
        line.broken = call in ("capture", "refund")
        if call in ("create", "confirm", "cancel"):
            assert shop.post("/api/payments", order.body()).status_code == 201
        complete_by_losing_answers(order, line, refunded=call == "refund")
        assert money_of(order, provider) == ((0, 0) if call == "refund" else (0, 1999))
        assert ledger_of(order) == money_of(order, provider)

    def test_bleeds_when_a_refund_s_goal_is_forgotten(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = authorised(shop, buyer)
        order.complete(order.payment())
        settle_for_good()
        monkeypatch.setattr(replicas, "settle_soon", lambda *args, **given: None)
        order.cancel("operator")
        settle_for_good()
        assert money_of(order, provider) == (0, 1999)


class TestMoneyThatLandsAfterTheHoldDied:
    """An authorisation that comes late is voided, wherever it comes from."""

    def test_from_a_forgotten_tab(self, shop: APIClient, provider: FakeStripe, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        secret = shop.post("/api/payments", order.body("tok_threeDSecure2Required")).data["clientSecret"]
        order.cancel("expired")
        provider.authenticate(order.payment().intent_id, secret)
        settle_for_good()
        assert money_of(order, provider) == (0, 0)
        assert order.payment().status == "voided"

    def test_from_a_confirmation_that_was_on_its_way(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = PlacedOrder(buyer)
        real = paying._call_provider

        def dies_meanwhile(*given: Any) -> Any:
            order.cancel("expired")
            return real(*given)

        monkeypatch.setattr(paying, "_call_provider", dies_meanwhile)
        shop.post("/api/payments", order.body())
        monkeypatch.undo()
        settle_for_good()
        assert money_of(order, provider) == (0, 0)
        assert recorded()[-1] == "voided"

    def test_from_a_request_that_had_not_called_stripe_yet(self, provider: FakeStripe, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        lease = begin_attempt(order)
        order.cancel("expired")
        intent = paying._create_intent(lease, "tok_visa")
        with transaction.atomic():
            lease = operations.add_intent(lease=lease, intent=intent, now=timezone.now())
        paying._sync(lease, intent)
        settle_for_good()
        assert money_of(order, provider) == (0, 0)

    def test_that_was_captured_at_stripe_is_refunded(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = authorised(shop, buyer)
        provider.capture(order.payment().intent_id)
        order.cancel("expired")
        settle_for_good()
        assert money_of(order, provider) == ledger_of(order) == (0, 0)
        assert recorded()[-1] == "refunded"

    def test_bleeds_when_the_order_s_end_is_not_looked_at(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = PlacedOrder(buyer)
        secret = shop.post("/api/payments", order.body("tok_threeDSecure2Required")).data["clientSecret"]
        monkeypatch.setattr(Payment, "goal", lambda self, order: Goal.AUTHORIZE)
        order.cancel("expired")
        provider.authenticate(order.payment().intent_id, secret)
        settle_for_good()
        assert money_of(order, provider) == (1999, 0)


class TestAnIdempotencyKeyThatBlocksAnHonestRetryAfterADecline:
    """Only a success is kept under a key."""

    @pytest.mark.parametrize("second", ["tok_mastercard", "tok_visa"])
    def test_another_card_under_the_same_key(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID, second: str
    ) -> None:
        order = PlacedOrder(buyer)
        declined = shop.post("/api/payments", order.body("tok_chargeDeclined"), headers=KEY)
        assert declined.status_code == 402
        paid = shop.post("/api/payments", order.body(second), headers=KEY)
        assert (paid.status_code, paid.data["status"]) == (201, "authorized")
        assert provider.held_or_taken(order.id) == 1

    def test_the_same_card_once_it_works(self, shop: APIClient, provider: FakeStripe, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        for _ in range(2):
            declined = shop.post("/api/payments", order.body("tok_chargeDeclined"), headers=KEY)
            assert (declined.status_code, "Idempotent-Replayed" in declined) == (402, False)
        assert len(provider.intents_of(order.id)) == 2

    def test_a_card_that_is_none(self, shop: APIClient, provider: FakeStripe, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        assert shop.post("/api/payments", order.body("pm_unknown"), headers=KEY).status_code == 400
        assert shop.post("/api/payments", order.body(), headers=KEY).status_code == 201

    def test_bleeds_when_keys_are_not_released(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = PlacedOrder(buyer)
        monkeypatch.setattr(attempts, "_release_claim", lambda payment: None)
        shop.post("/api/payments", order.body("tok_chargeDeclined"), headers=KEY)
        assert shop.post("/api/payments", order.body(), headers=KEY).status_code == 422


def authorised(shop: APIClient, buyer: UUID) -> PlacedOrder:
    order = PlacedOrder(buyer)
    assert shop.post("/api/payments", order.body()).status_code == 201
    assert order.payment().order.status == OrderStatus.CREATED
    return order
