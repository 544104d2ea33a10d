from typing import Any
from uuid import UUID, uuid4

import pytest
from rest_framework.test import APIClient

from orders_service.tests.factories import OrderFactory, TicketCopyFactory


@pytest.mark.django_db
class TestShowOrder:
    def test_shows_ones_own_with_an_etag(self, shop: APIClient, buyer: UUID) -> None:
        order = OrderFactory(user_id=buyer, status="cancelled", cancel_reason="expired")
        answer = shop.get(f"/api/orders/{order.id}")
        assert answer.status_code == 200
        assert answer["ETag"] == '"1"'
        assert answer.json()["cancelReason"] == "expired"

    def test_answers_304_to_who_has_this_version(self, shop: APIClient, buyer: UUID) -> None:
        order = OrderFactory(user_id=buyer)
        answer = shop.get(f"/api/orders/{order.id}", headers={"If-None-Match": '"1"'})
        assert (answer.status_code, answer.content) == (304, b"")

    def test_shows_what_happened_to_it(self, shop: APIClient, buyer: UUID) -> None:
        ticket = TicketCopyFactory()
        placed = shop.post("/api/orders", {"ticketId": str(ticket.id)}).json()
        shop.post(f"/api/orders/{placed['id']}/extend")
        shop.delete(f"/api/orders/{placed['id']}")
        history = shop.get(f"/api/orders/{placed['id']}").json()["history"]
        assert [step["type"] for step in history] == ["order.created", "order.extended", "order.cancelled"]
        assert history == sorted(history, key=lambda step: step["at"])

    def test_refuses_another_users(self, shop: APIClient) -> None:
        assert shop.get(f"/api/orders/{OrderFactory().id}").status_code == 403

    def test_does_not_know_an_unknown_id(self, shop: APIClient) -> None:
        assert shop.get(f"/api/orders/{uuid4()}").status_code == 404

    def test_needs_a_signed_in_user(self, api: APIClient) -> None:
        assert api.get(f"/api/orders/{uuid4()}").status_code == 401


@pytest.mark.django_db
class TestListOrders:
    def test_lists_ones_own_newest_first_in_pages(self, shop: APIClient, buyer: UUID) -> None:
        mine = [str(OrderFactory(user_id=buyer).id) for _ in range(3)]
        OrderFactory()
        first = shop.get("/api/orders?limit=2")
        assert [order["id"] for order in first.json()] == [mine[2], mine[1]]
        link = first["Link"]
        assert 'rel="next"' in link
        second = shop.get(link[1 : link.index(">")])
        assert [order["id"] for order in second.json()] == [mine[0]]
        assert "Link" not in second


@pytest.mark.django_db
class TestHoldTerms:
    def test_show_every_visitor_how_long_a_hold_lasts(self, settings: Any) -> None:
        settings.HOLD_SECONDS = 42
        assert APIClient().get("/api/orders/terms").json() == {"holdSeconds": 42}
