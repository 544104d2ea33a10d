from uuid import UUID

import pytest
from rest_framework.test import APIClient

from payments_service.tests.fake_stripe import FakeStripe
from payments_service.tests.story import PlacedOrder, let_time_pass, recorded, run_commands, sweep
from shared_events.ids import uuid7

pytestmark = pytest.mark.django_db


class TestOpenIntent:
    def test_gives_the_page_what_stripes_script_needs(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        answer = shop.post("/api/payments/intents", {"orderId": str(order.id)})
        assert answer.status_code == 201
        intent = provider.intent(order.payment().intent_id)
        assert answer.data == {
            "id": str(order.payment().id),
            "clientSecret": intent["client_secret"],
            "publishableKey": "pk_test_only_for_tests",
            "amount": "19.99",
            "currency": "USD",
        }
        assert intent["status"] == "requires_payment_method"

    def test_is_authorised_once_the_page_has_paid(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = opened(shop, buyer)
        provider.confirm(order.payment().intent_id, "pm_card_visa")
        let_time_pass()
        sweep()
        assert order.payment().status == "authorized"
        assert recorded() == ["started", "authorized"]

    def test_lives_on_after_a_declined_card(self, shop: APIClient, provider: FakeStripe, buyer: UUID) -> None:
        order = opened(shop, buyer)
        assert provider.confirm(order.payment().intent_id, "tok_chargeDeclined").status_code == 402
        let_time_pass()
        sweep()
        shown = shop.get(f"/api/payments/{order.payment().id}").data
        assert (shown["status"], shown["failure"]["message"]) == ("started", "Your card was declined.")
        assert provider.confirm(order.payment().intent_id, "tok_visa").ok
        let_time_pass()
        sweep()
        assert order.payment().status == "authorized"

    def test_is_the_same_for_a_reloaded_page(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = opened(shop, buyer)
        again = shop.post("/api/payments/intents", {"orderId": str(order.id)})
        assert again.data["clientSecret"] == order.payment().client_secret
        assert len(provider.intents_of(order.id)) == 1

    def test_gives_way_to_a_card(self, shop: APIClient, provider: FakeStripe, buyer: UUID) -> None:
        order = opened(shop, buyer)
        first = order.payment()
        assert shop.post("/api/payments", order.body()).data["status"] == "authorized"
        assert provider.state(first.intent_id) == "canceled"

    def test_takes_the_place_of_a_challenge(self, shop: APIClient, provider: FakeStripe, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        shop.post("/api/payments", order.body("tok_threeDSecure2Required"))
        first = order.payment()
        assert shop.post("/api/payments/intents", {"orderId": str(order.id)}).status_code == 201
        assert provider.state(first.intent_id) == "canceled"

    def test_refuses_an_order_that_is_paid_already_at_stripe(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        secret = shop.post("/api/payments", order.body("tok_threeDSecure2Required")).data["clientSecret"]
        provider.authenticate(order.payment().intent_id, secret)
        answer = shop.post("/api/payments/intents", {"orderId": str(order.id)})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "order-already-paid")

    def test_is_closed_with_its_order(self, shop: APIClient, provider: FakeStripe, buyer: UUID) -> None:
        order = opened(shop, buyer)
        order.cancel("expired")
        run_commands()
        assert provider.state(order.payment().intent_id) == "canceled"
        assert provider.confirm(order.payment().intent_id, "tok_visa").status_code == 400

    def test_is_for_the_buyer_alone(self, shop: APIClient) -> None:
        order = PlacedOrder(uuid7())
        assert shop.post("/api/payments/intents", {"orderId": str(order.id)}).status_code == 403


def opened(shop: APIClient, buyer: UUID) -> PlacedOrder:
    order = PlacedOrder(buyer)
    assert shop.post("/api/payments/intents", {"orderId": str(order.id)}).status_code == 201
    return order
