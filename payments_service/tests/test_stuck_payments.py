from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from payments_service.payments import admin
from payments_service.payments.models import Failure, Intent, IntentState, Payment
from payments_service.providers import ProviderRefused
from payments_service.providers.stripe import Stripe
from payments_service.tests.fake_stripe import FakeStripe
from payments_service.tests.story import (
    PlacedOrder,
    begin_attempt,
    let_time_pass,
    recorded,
    run_commands,
    sweep,
)
from service_defaults.clock import database_now
from service_defaults.testing import token_for
from shared_events.ids import uuid7

pytestmark = pytest.mark.django_db

LIST = "/admin/payments/payments/payment/"


@pytest.fixture
def staff_client() -> Client:
    """An operator's browser, signed in to the admin."""
    client = Client()
    client.cookies["access_token"] = token_for(uuid7(), staff=True, role="money")
    client.get("/admin/payments/", follow=True)
    return client


@pytest.fixture
def order(shop: APIClient, provider: FakeStripe, buyer: UUID) -> PlacedOrder:
    """An order whose payment is authorised."""
    placed = PlacedOrder(buyer)
    assert shop.post("/api/payments", placed.body()).status_code == 201
    return placed


class TestAStuckPayment:
    def test_is_listed_once_nothing_moved_for_too_long(
        self, staff_client: Client, order: PlacedOrder
    ) -> None:
        assert not is_listed(staff_client, order, "stuck")
        let_time_pass()
        assert is_listed(staff_client, order, "stuck")

    def test_is_stuck_after_the_time_that_is_set(
        self, staff_client: Client, order: PlacedOrder, settings
    ) -> None:
        Payment.objects.update(last_progress_at=F("last_progress_at") - timedelta(seconds=30))
        assert not is_listed(staff_client, order, "stuck")
        settings.STUCK_SECONDS = 20
        assert is_listed(staff_client, order, "stuck")

    def test_is_not_one_that_is_over(self, staff_client: Client, order: PlacedOrder) -> None:
        order.complete(order.payment())
        run_commands()
        let_time_pass()
        assert not is_listed(staff_client, order, "stuck")

    def test_is_not_one_that_just_got_a_new_goal(self, staff_client: Client, order: PlacedOrder) -> None:
        order.complete(order.payment())
        run_commands()
        let_time_pass()
        order.cancel("operator")
        assert not is_listed(staff_client, order, "stuck")

    def test_is_not_one_that_waits_for_its_buyer(
        self, staff_client: Client, provider: FakeStripe, shop: APIClient, buyer: UUID
    ) -> None:
        """A buyer may leave the bank's challenge open for as long as the hold lasts."""
        order = PlacedOrder(buyer)
        shop.post("/api/payments", order.body("tok_threeDSecure2Required"))
        let_time_pass()
        assert not is_listed(staff_client, order, "stuck")
        order.cancel()
        let_time_pass()
        assert is_listed(staff_client, order, "stuck")

    def test_is_settled_by_the_operator(
        self, staff_client: Client, order: PlacedOrder, provider: FakeStripe
    ) -> None:
        order.complete(order.payment())
        let_time_pass()
        assert "1 to be settled now" in settle_now(staff_client, order.payment())
        run_commands()
        assert order.payment().status == "captured"
        assert (
            "to be settled now" in staff_client.get(f"{LIST}{order.payment().id}/history/").content.decode()
        )

    def test_is_never_settled_beyond_its_goal(
        self, staff_client: Client, order: PlacedOrder, provider: FakeStripe
    ) -> None:
        for _ in range(3):
            settle_now(staff_client, order.payment())
            run_commands()
        assert provider.state(order.payment().intent_id) == "requires_capture"
        assert recorded() == ["started", "authorized"]

    def test_that_is_over_stays_so(self, staff_client: Client, order: PlacedOrder) -> None:
        order.cancel()
        run_commands()
        settle_now(staff_client, order.payment())
        run_commands()
        assert (order.payment().status, order.payment().due_at) == ("voided", None)

    def test_without_an_intent_has_nothing_to_settle(
        self, staff_client: Client, provider: FakeStripe, shop: APIClient, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        shop.post("/api/payments", order.body("pm_unknown"))
        assert "has no intent at the provider" in settle_now(staff_client, order.payment())
        run_commands()
        assert order.payment().status == "declined"


class TestWhatAPaymentWaitsFor:
    def test_is_said_at_every_stage(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID, staff_client: Client
    ) -> None:
        order = PlacedOrder(buyer)
        begin_attempt(order)
        assert order.payment().next_actor == "its request, which has no intent yet"
        Payment.objects.update(status="voided", due_at=None, leased_until=None)
        shop.post("/api/payments", order.body("tok_threeDSecure2Required"))
        assert order.payment().next_actor == "the buyer"
        shop.post("/api/payments", order.body())
        assert order.payment().next_actor == "orders, to complete or cancel the order"
        order.complete(order.payment())
        assert order.payment().next_actor == "the provider, to capture it"
        assert "the provider, to capture it" in staff_client.get(LIST).content.decode()
        run_commands()
        assert order.payment().next_actor == ""
        order.cancel("operator")
        assert order.payment().next_actor == "the provider, to refund it"

    def test_is_to_be_cancelled_when_its_order_ended(self, order: PlacedOrder) -> None:
        order.cancel()
        assert order.payment().next_actor == "the provider, to cancel it"


class TestAnAuthorisationNearItsEnd:
    @pytest.mark.parametrize(("days", "listed"), [(4, False), (6, True)])
    def test_is_listed(
        self,
        staff_client: Client,
        order: PlacedOrder,
        monkeypatch: pytest.MonkeyPatch,
        days: int,
        listed: bool,
    ) -> None:
        let_days_pass(monkeypatch, days)
        assert is_listed(staff_client, order, "ending") is listed

    def test_is_none_once_the_money_was_taken(
        self, staff_client: Client, order: PlacedOrder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order.complete(order.payment())
        run_commands()
        let_days_pass(monkeypatch, 6)
        assert not is_listed(staff_client, order, "ending")


class TestARefundThatFails:
    @pytest.fixture
    def refused(self, order: PlacedOrder, monkeypatch: pytest.MonkeyPatch) -> PlacedOrder:
        """A cancelled order whose refund Stripe refuses."""
        order.complete(order.payment())
        run_commands()

        def refuse(provider: Stripe, intent_id: str, *, key: str) -> Intent:
            self.keys.append(key)
            raise ProviderRefused(Failure(code="balance_insufficient", message="Top up first."))

        self.keys: list[str] = []
        monkeypatch.setattr(Stripe, "refund_intent", refuse)
        order.cancel("operator")
        run_commands()
        return order

    def test_is_shown_with_stripes_reason(self, refused: PlacedOrder, staff_client: Client) -> None:
        assert refused.payment().next_actor == "the provider, to refund it: Top up first."
        assert "Top up first." in staff_client.get(LIST).content.decode()

    def test_is_tried_again_ever_more_seldom_and_under_a_new_key(self, refused: PlacedOrder) -> None:
        payment = refused.payment()
        assert payment.due_at is not None
        assert payment.due_at > timezone.now()
        waits = [payment.wait(payment.last_progress_at + timedelta(seconds=age)) for age in (1, 60, 600)]
        assert waits[0] < waits[1] < waits[2]
        let_time_pass()
        sweep()
        assert len(set(self.keys)) == 2

    def test_ends_with_the_money_given_back_once(
        self, refused: PlacedOrder, provider: FakeStripe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.undo()
        let_time_pass()
        sweep()
        assert (refused.payment().status, refused.payment().due_at) == ("refunded", None)
        assert provider.intent(refused.payment().intent_id)["latest_charge"]["amount_refunded"] == 1999

    def test_days_later_is_made_again(
        self, order: PlacedOrder, provider: FakeStripe, staff_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order.complete(order.payment())
        run_commands()
        order.cancel("operator")
        run_commands()
        keys: list[str] = []
        came_back = refund_that_came_back(order)

        def refund(self: Stripe, intent_id: str, *, key: str) -> Intent:
            keys.append(key)
            return came_back if len(keys) == 1 else replace(came_back, state=IntentState.REFUNDED)

        monkeypatch.setattr(Stripe, "fetch_intent", lambda self, intent_id: came_back)
        monkeypatch.setattr(Stripe, "refund_intent", refund)
        settle_now(staff_client, order.payment())
        run_commands()
        reason = "The refund failed: lost or stolen card."
        assert order.payment().next_actor == f"the provider, to refund it: {reason}"
        let_time_pass()
        sweep()
        assert len(set(keys)) == 2
        assert order.payment().due_at is None
        assert recorded().count("refunded") == 1


def refund_that_came_back(order: PlacedOrder) -> Intent:
    return Intent(
        provider="Stripe",
        id=str(order.payment().intent_id),
        state=IntentState.CAPTURED,
        client_secret="",
        failure=Failure(code="refund_failed", message="The refund failed: lost or stolen card."),
    )


def is_listed(staff_client: Client, order: PlacedOrder, attention: str) -> bool:
    return str(order.payment().id) in staff_client.get(LIST, {"attention": attention}).content.decode()


def settle_now(staff_client: Client, payment: Payment) -> str:
    body = {"action": "settle_now", "_selected_action": str(payment.id), "reason": ""}
    return staff_client.post(LIST, body, follow=True).content.decode()


def let_days_pass(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """Let the operator look that many days later: the ledger's own times can't be changed."""
    monkeypatch.setattr(admin, "database_now", lambda: database_now() + timedelta(days=days))
