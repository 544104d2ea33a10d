from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from contracts.order import OrderExtended
from orders_service.tests.factories import OrderFactory, complete_order
from shared_events.testing import recorded_events, scheduled_commands


@pytest.mark.django_db
class TestExtendOrder:
    def test_adds_five_minutes_and_a_new_countdown(self, shop: APIClient, buyer: UUID) -> None:
        order = OrderFactory(user_id=buyer)
        answer = shop.post(f"/api/orders/{order.id}/extend")
        assert answer.status_code == 200
        before = order.expires_at
        order.refresh_from_db()
        assert order.expires_at - before == timedelta(minutes=5)
        [event] = recorded_events()
        assert isinstance(event, OrderExtended)
        assert event.expires_at == order.expires_at
        assert [name for name, _ in scheduled_commands()] == ["orders.expire_due_orders"]

    def test_works_once(self, shop: APIClient, buyer: UUID) -> None:
        order = OrderFactory(user_id=buyer)
        shop.post(f"/api/orders/{order.id}/extend")
        answer = shop.post(f"/api/orders/{order.id}/extend")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "already-extended")

    def test_refuses_what_has_ended(self, shop: APIClient, buyer: UUID) -> None:
        over = OrderFactory(
            user_id=buyer,
            created_at=timezone.now() - timedelta(hours=1),
            expires_at=timezone.now() - timedelta(seconds=1),
        )
        for order in (over, complete_order(user_id=buyer)):
            assert shop.post(f"/api/orders/{order.id}/extend").status_code == 400

    def test_refuses_another_users(self, shop: APIClient) -> None:
        assert shop.post(f"/api/orders/{OrderFactory().id}/extend").status_code == 403


@pytest.mark.django_db
class TestTheOfferedExtension:
    def test_is_what_an_extension_adds_and_then_nothing(self, shop: APIClient, buyer: UUID) -> None:
        order = OrderFactory(user_id=buyer)
        offered = shop.get(f"/api/orders/{order.id}").json()["extensionSeconds"]
        extended = shop.post(f"/api/orders/{order.id}/extend").json()
        before = order.expires_at
        order.refresh_from_db()
        assert order.expires_at - before == timedelta(seconds=offered)
        assert extended["extensionSeconds"] == 0

    def test_is_nothing_for_what_is_paid(self, shop: APIClient, buyer: UUID) -> None:
        paid = complete_order(user_id=buyer)
        assert shop.get(f"/api/orders/{paid.id}").json()["extensionSeconds"] == 0
