from uuid import UUID, uuid4

import pytest
from rest_framework.test import APIClient

from payments_service.tests.fake_stripe import FakeStripe
from payments_service.tests.story import PlacedOrder
from shared_events.ids import uuid7

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(shop: APIClient, provider: FakeStripe, buyer: UUID) -> PlacedOrder:
    """An order with a declined attempt and an authorised one."""
    placed = PlacedOrder(buyer)
    shop.post("/api/payments", placed.body("tok_chargeDeclined"))
    shop.post("/api/payments", placed.body("tok_visa"))
    return placed


class TestShowPayment:
    def test_shows_ones_own(self, shop: APIClient, order: PlacedOrder, buyer: UUID) -> None:
        payment = order.payment()
        answer = shop.get(f"/api/payments/{payment.id}")
        assert answer.status_code == 200
        shown = answer.json()
        assert shown.pop("createdAt").endswith("Z")
        assert shown.pop("updatedAt").endswith("Z")
        assert shown == {
            "id": str(payment.id),
            "orderId": str(order.id),
            "userId": str(buyer),
            "status": "authorized",
            "amount": "19.99",
            "currency": "USD",
            "refunded": "0.00",
            "reasonCode": "",
            "reason": "",
            "failure": None,
            "version": 2,
        }

    def test_hides_those_of_others(self, api: APIClient, sign_in, order: PlacedOrder) -> None:
        sign_in(api, uuid7())
        assert api.get(f"/api/payments/{order.payment().id}").status_code == 403

    @pytest.mark.parametrize("payment_id", ["nonsense", str(uuid4())])
    def test_does_not_know_every_id(self, shop: APIClient, payment_id: str) -> None:
        assert shop.get(f"/api/payments/{payment_id}").status_code == 404


class TestListPayments:
    def test_shows_an_orders_attempts_newest_first(self, shop: APIClient, order: PlacedOrder) -> None:
        answer = shop.get("/api/payments", {"orderId": str(order.id)})
        assert [payment["status"] for payment in answer.json()] == ["authorized", "declined"]
        assert answer.json()[1]["failure"] == {
            "code": "generic_decline",
            "message": "Your card was declined.",
        }

    def test_shows_only_ones_own(self, api: APIClient, sign_in, order: PlacedOrder) -> None:
        sign_in(api, uuid7())
        assert api.get("/api/payments", {"orderId": str(order.id)}).json() == []

    def test_goes_page_by_page(self, shop: APIClient, order: PlacedOrder) -> None:
        first = shop.get("/api/payments", {"limit": 1})
        assert [payment["status"] for payment in first.json()] == ["authorized"]
        target = first.headers["Link"].partition(">")[0].removeprefix("<http://testserver")
        assert [payment["status"] for payment in shop.get(target).json()] == ["declined"]

    def test_does_not_know_a_malformed_order(self, shop: APIClient) -> None:
        assert shop.get("/api/payments?orderId=nonsense").status_code == 404
