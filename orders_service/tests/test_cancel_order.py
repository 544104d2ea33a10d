from uuid import UUID, uuid4

import pytest
from rest_framework.test import APIClient

from contracts.order import OrderCancelled
from orders_service.orders.models import Order
from orders_service.tests.factories import OrderFactory, complete_order
from shared_events.testing import nothing_recorded, recorded_events


@pytest.mark.django_db
class TestCancelOrder:
    @pytest.mark.parametrize("status", ["created", "awaiting:payment"])
    def test_ends_ones_own_hold(self, shop: APIClient, buyer: UUID, status: str) -> None:
        order = OrderFactory(user_id=buyer, status=status)
        answer = shop.delete(f"/api/orders/{order.id}")
        assert (answer.status_code, answer.content) == (204, b"")
        order.refresh_from_db()
        assert (order.status, order.cancel_reason, order.version) == ("cancelled", "buyer", 2)
        [event] = recorded_events()
        assert isinstance(event, OrderCancelled)
        assert (event.cancel_reason, event.ticket.id) == ("buyer", order.ticket_id)

    def test_repeated_changes_nothing(self, shop: APIClient, buyer: UUID) -> None:
        order = OrderFactory(user_id=buyer)
        shop.delete(f"/api/orders/{order.id}")
        with nothing_recorded():
            assert shop.delete(f"/api/orders/{order.id}").status_code == 204

    def test_refuses_a_paid_order(self, shop: APIClient, buyer: UUID) -> None:
        order = complete_order(user_id=buyer)
        with nothing_recorded():
            answer = shop.delete(f"/api/orders/{order.id}")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "order-already-paid")
        assert Order.objects.get().status == "complete"

    def test_refuses_another_users(self, shop: APIClient) -> None:
        order = OrderFactory()
        assert shop.delete(f"/api/orders/{order.id}").status_code == 403
        assert Order.objects.get().status == "created"

    def test_does_not_know_an_unknown_or_malformed_id(self, shop: APIClient) -> None:
        assert shop.delete(f"/api/orders/{uuid4()}").status_code == 404
        answer = shop.delete("/api/orders/nonsense")
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"
