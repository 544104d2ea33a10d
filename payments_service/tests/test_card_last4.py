"""A payment knows its card's last four digits, wherever the card was given."""

import pytest
from rest_framework.test import APIClient

from payments_service.tests.fake_stripe import FakeStripe
from payments_service.tests.story import PlacedOrder, let_time_pass, sweep
from shared_events.ids import uuid7

pytestmark = pytest.mark.django_db


class TestTheLastFourDigits:
    def test_are_there_once_a_card_was_charged(self, order: PlacedOrder) -> None:
        assert order.payment().card_last4 == "4242"

    def test_are_those_of_a_card_that_was_declined(
        self, shop: APIClient, provider: FakeStripe, buyer
    ) -> None:
        placed = PlacedOrder(buyer)
        shop.post("/api/payments", placed.body("tok_chargeDeclined"))
        assert (placed.payment().status, placed.payment().card_last4) == ("declined", "0002")

    def test_are_unknown_until_the_buyers_browser_has_given_a_card(
        self, shop: APIClient, provider: FakeStripe, buyer
    ) -> None:
        placed = PlacedOrder(buyer)
        shop.post("/api/payments/intents", {"orderId": str(placed.id)})
        assert placed.payment().card_last4 == ""
        provider.confirm(placed.payment().intent_id, "pm_card_mastercard")
        let_time_pass()
        sweep()
        assert (placed.payment().status, placed.payment().card_last4) == ("authorized", "4444")

    def test_stay_when_the_money_moves(self, order: PlacedOrder) -> None:
        order.complete(order.payment())
        let_time_pass()
        sweep()
        assert (order.payment().status, order.payment().card_last4) == ("captured", "4242")

    def test_are_shown_to_no_buyer(self, shop: APIClient, order: PlacedOrder) -> None:
        assert "4242" not in shop.get(f"/api/payments/{order.payment().id}").content.decode()
        assert shop.get(f"/api/payments/{uuid7()}").status_code == 404
