from contextlib import suppress
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from contracts.payment import PaymentCaptureFailed, PaymentVoided
from payments_service.payments import operations, paying
from payments_service.payments.models import Failure, Intent, Payment, ProviderCall
from payments_service.providers import ProviderDeclined, ProviderRefused
from payments_service.providers.stripe import Stripe
from payments_service.tests.attempts import add_new_intent
from payments_service.tests.fake_stripe import FakeStripe
from payments_service.tests.lost_answers import lose_answer
from payments_service.tests.story import (
    PlacedOrder,
    begin_attempt,
    let_time_pass,
    recorded,
    run_commands,
    sweep,
)
from shared_events.ids import uuid7
from shared_events.testing import recorded_events

pytestmark = pytest.mark.django_db


class TestACompletedOrder:
    def test_has_its_payment_captured(self, order: PlacedOrder, provider: FakeStripe) -> None:
        order.complete(order.payment())
        run_commands()
        payment = order.payment()
        assert (payment.status, payment.due_at) == ("captured", None)
        assert provider.state(payment.intent_id) == "succeeded"
        assert recorded() == ["started", "authorized", "captured"]

    def test_has_it_captured_even_when_the_command_was_lost(self, order: PlacedOrder) -> None:
        order.complete(order.payment())
        let_time_pass()
        sweep()
        assert order.payment().status == "captured"

    def test_keeps_nothing_of_another_payment(self, order: PlacedOrder, provider: FakeStripe) -> None:
        order.complete(Payment(id=uuid7()))
        run_commands()
        payment = order.payment()
        assert (payment.status, payment.reason_code) == ("voided", "paid_otherwise")
        assert provider.state(payment.intent_id) == "canceled"

    def test_fails_when_the_bank_let_the_amount_go(self, order: PlacedOrder, provider: FakeStripe) -> None:
        provider.cancel(order.payment().intent_id)
        order.complete(order.payment())
        run_commands()
        payment = order.payment()
        assert (payment.status, payment.due_at) == ("capture_failed", None)
        event = recorded_events()[-1]
        assert isinstance(event, PaymentCaptureFailed)
        assert (event.status, event.reason_code) == ("capture_failed", "authorization_lapsed")

    def test_fails_when_stripe_refuses_for_good(
        self, order: PlacedOrder, provider: FakeStripe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(self: Stripe, intent_id: str, *, key: str) -> Intent:
            raise ProviderRefused(Failure(code="charge_expired", message="It is too late."))

        order.complete(order.payment())
        monkeypatch.setattr(Stripe, "capture_intent", refuse)
        run_commands()
        payment = order.payment()
        assert (payment.status, payment.reason) == ("capture_failed", "It is too late.")
        assert payment.reason_code == "capture_refused"
        assert (payment.due_at, provider.state(payment.intent_id)) == (None, "canceled")


class TestACancelledOrder:
    def test_has_its_authorised_payment_voided(self, order: PlacedOrder, provider: FakeStripe) -> None:
        order.cancel("expired")
        run_commands()
        payment = order.payment()
        assert (payment.status, payment.reason_code) == ("voided", "authorized_too_late")
        assert payment.due_at is None
        assert provider.state(payment.intent_id) == "canceled"

    def test_for_a_reason_that_only_orders_has_keeps_nothing_either(self, order: PlacedOrder) -> None:
        order.cancel("of_a_kind_that_only_a_newer_publisher_has")
        run_commands()
        event = recorded_events()[-1]
        assert isinstance(event, PaymentVoided)
        assert (event.reason_code, event.reason) == (
            "order_cancelled",
            "of_a_kind_that_only_a_newer_publisher_has",
        )

    def test_has_it_voided_even_when_the_command_was_lost(self, order: PlacedOrder) -> None:
        order.cancel()
        let_time_pass()
        sweep()
        assert order.payment().status == "voided"

    def test_can_no_longer_be_paid_from_a_forgotten_tab(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        shop.post("/api/payments", order.body("tok_threeDSecure2Required"))
        order.cancel()
        run_commands()
        assert provider.state(order.payment().intent_id) == "canceled"
        assert recorded() == ["started", "voided"]

    def test_is_given_back_what_was_taken(self, order: PlacedOrder, provider: FakeStripe) -> None:
        order.complete(order.payment())
        run_commands()
        order.cancel("operator")
        run_commands()
        payment = order.payment()
        assert (payment.status, payment.due_at) == ("refunded", None)
        assert provider.intent(payment.intent_id)["latest_charge"]["refunded"]
        assert recorded() == ["started", "authorized", "captured", "refunded"]

    def test_refunds_only_once(self, order: PlacedOrder, provider: FakeStripe) -> None:
        order.complete(order.payment())
        run_commands()
        order.cancel("operator")
        for _ in range(3):
            let_time_pass()
            paying.settle_payment(order.payment().id)
        charge = provider.intent(order.payment().intent_id)["latest_charge"]
        assert charge["amount_refunded"] == charge["amount"]


class TestAnOpenOrder:
    def test_lets_its_authorised_payment_wait(self, order: PlacedOrder, provider: FakeStripe) -> None:
        let_time_pass()
        sweep()
        payment = order.payment()
        assert (payment.status, provider.state(payment.intent_id)) == ("authorized", "requires_capture")
        assert payment.due_at is not None
        assert payment.due_at > timezone.now()

    def test_finds_an_authorisation_that_the_bank_released(
        self, order: PlacedOrder, provider: FakeStripe
    ) -> None:
        provider.cancel(order.payment().intent_id)
        let_time_pass()
        sweep()
        assert order.payment().status == "capture_failed"


class TestACrash:
    """Wherever a process dies, the sweep completes the payment as if it had not."""

    def test_before_stripe_was_called_leaves_nothing(self, provider: FakeStripe, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        begin_attempt(order)
        sweep()
        assert order.payment().status == "started"
        let_time_pass()
        sweep()
        payment = order.payment()
        assert (payment.status, payment.reason, payment.due_at) == ("voided", "abandoned", None)
        assert provider.intents_of(order.id) == []

    def test_before_the_intents_id_was_written_moves_no_money(
        self, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        paying._create_intent(begin_attempt(order), "tok_visa")
        let_time_pass()
        sweep()
        assert order.payment().status == "voided"
        assert provider.held_or_taken(order.id) == 0

    def test_that_continues_late_must_not_confirm(self, provider: FakeStripe, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        lease = begin_attempt(order)
        intent = paying._create_intent(lease, "tok_visa")
        let_time_pass()
        sweep()
        with pytest.raises(operations.PaymentInProgress), transaction.atomic():
            operations.add_intent(lease=lease, intent=intent, now=timezone.now())

    def test_before_confirming_is_confirmed_later(self, provider: FakeStripe, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        add_new_intent(order)
        let_time_pass()
        sweep()
        assert order.payment().status == "authorized"
        assert provider.held_or_taken(order.id) == 1

    @pytest.mark.parametrize(
        ("card", "status"),
        [
            ("tok_visa", "authorized"),
            ("tok_chargeDeclined", "declined"),
            ("tok_threeDSecure2Required", "requires_action"),
        ],
    )
    def test_after_confirming_finds_out_what_came_of_it(
        self, provider: FakeStripe, buyer: UUID, card: str, status: str
    ) -> None:
        order = PlacedOrder(buyer)
        attempt = add_new_intent(order, card)
        with suppress(ProviderDeclined):
            paying._call_provider(ProviderCall.CONFIRM, *attempt)
        let_time_pass()
        sweep()
        assert order.payment().status == status
        assert len(provider.intents_of(order.id)) == 1

    def test_after_confirming_a_lapsed_order_keeps_nothing(self, provider: FakeStripe, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        paying._call_provider(ProviderCall.CONFIRM, *add_new_intent(order))
        order.cancel("expired")
        let_time_pass()
        sweep()
        assert order.payment().status == "voided"
        assert provider.held_or_taken(order.id) == 0

    @pytest.mark.parametrize("step", [ProviderCall.CAPTURE, ProviderCall.CANCEL, ProviderCall.REFUND])
    def test_after_any_step_took_effect_writes_it_down_later(
        self, order: PlacedOrder, provider: FakeStripe, step: ProviderCall, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lose_answer(monkeypatch, step)
        if step is not ProviderCall.CANCEL:
            order.complete(order.payment())
            run_commands()
        if step is not ProviderCall.CAPTURE:
            order.cancel()
            run_commands()
        before = recorded()
        monkeypatch.undo()
        for _ in range(2):
            let_time_pass()
            sweep()
        end = {
            ProviderCall.CAPTURE: "captured",
            ProviderCall.CANCEL: "voided",
            ProviderCall.REFUND: "refunded",
        }[step]
        assert recorded() == [*before, end]
        assert order.payment().due_at is None
