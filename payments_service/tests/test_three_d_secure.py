"""Paying with a card whose bank wants the buyer to confirm."""

from uuid import UUID

import pytest
from rest_framework.test import APIClient

from payments_service.tests.fake_stripe import FakeStripe
from payments_service.tests.story import (
    PlacedOrder,
    let_time_pass,
    recorded,
    sweep,
)

pytestmark = pytest.mark.django_db


class TestThreeDSecure:
    def test_gives_the_browser_what_it_needs(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        answer = shop.post("/api/payments", order.body("pm_card_threeDSecure2Required"))
        assert (answer.status_code, answer.data["status"]) == (201, "requires_action")
        shown = shop.get(f"/api/payments/{answer.data['id']}").data
        assert shown["clientSecret"] == answer.data["clientSecret"]
        assert shown["clientSecret"] == provider.intent(order.payment().intent_id)["client_secret"]
        assert recorded() == ["started"]

    def test_names_the_banks_page_which_leads_back_to_the_order(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        shown = shop.post("/api/payments", order.body("pm_card_threeDSecure2Required")).data
        assert (
            shop.get("/api/payments", {"orderId": str(order.id)}).json()[0]["nextActionUrl"]
            == (shown["nextActionUrl"])
        )
        assert provider.answer_on_page(shown["nextActionUrl"], "yes").startswith(
            f"http://testserver/orders/{order.id}?"
        )
        let_time_pass()
        sweep()
        assert order.payment().next_action_url == ""
        authorized = shop.get(f"/api/payments/{shown['id']}").data
        assert authorized["status"] == "authorized"
        assert "nextActionUrl" not in authorized

    def test_is_authorised_once_the_buyer_has_confirmed(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        secret = shop.post("/api/payments", order.body("tok_threeDSecure2Required")).data["clientSecret"]
        provider.authenticate(order.payment().intent_id, secret)
        let_time_pass()
        sweep()
        payment = order.payment()
        assert (payment.status, payment.client_secret) == ("authorized", "")

    def test_is_declined_when_the_buyer_fails(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        secret = shop.post("/api/payments", order.body("tok_threeDSecure2Required")).data["clientSecret"]
        provider.authenticate(order.payment().intent_id, secret, success=False)
        let_time_pass()
        sweep()
        payment = order.payment()
        assert (payment.status, payment.due_at) == ("declined", None)
        assert "authentication" in payment.failure_message
        assert provider.state(payment.intent_id) == "canceled"

    def test_gives_way_to_another_card(self, shop: APIClient, provider: FakeStripe, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        shop.post("/api/payments", order.body("tok_threeDSecure2Required"))
        first = order.payment()
        assert shop.post("/api/payments", order.body()).data["status"] == "authorized"
        first.refresh_from_db()
        assert (first.status, first.reason_code) == ("voided", "superseded")
        assert provider.state(first.intent_id) == "canceled"
        assert provider.held_or_taken(order.id) == 1

    def test_is_the_answer_when_it_was_paid_meanwhile(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        first = shop.post("/api/payments", order.body("tok_threeDSecure2Required")).data
        provider.authenticate(order.payment().intent_id, first["clientSecret"])
        second = shop.post("/api/payments", order.body())
        assert (second.status_code, second.data["id"]) == (201, first["id"])
        assert second.data["status"] == "authorized"
        assert len(provider.intents_of(order.id)) == 1
