"""What staff see of orders, and do about them."""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from contracts.order import OrderCancelled
from orders_service.orders import operations
from orders_service.orders.models import Order
from orders_service.tests.factories import OrderFactory, TicketCopyFactory, complete_order
from service_defaults.revocation import operations as revocation
from service_defaults.testing import client_of
from shared_events import context
from shared_events.ids import uuid7
from shared_events.testing import nothing_recorded, recorded_events

pytestmark = pytest.mark.django_db

STAFF = "/api/orders/staff"
WHY = {"reason": "The buyer rang up"}


@pytest.fixture
def operator_id() -> UUID:
    return uuid7()


@pytest.fixture
def support(operator_id: UUID) -> APIClient:
    return client_of(operator_id, staff=True, role="support")


def _found(client: APIClient, text: object) -> list[str]:
    return [match["id"] for match in client.get(f"{STAFF}/search", {"q": str(text)}).json()["matches"]]


class TestSearchOrders:
    def test_finds_an_order_by_every_id_that_it_has(self, support: APIClient) -> None:
        order, trying = complete_order(), OrderFactory(status="awaiting:payment", current_payment_id=uuid7())
        for known in (order.id, order.user_id, order.ticket_id, order.payment_id):
            assert _found(support, known) == [str(order.id)]
        assert _found(support, trying.current_payment_id) == [str(trying.id)]

    def test_finds_it_by_its_request(self, support: APIClient) -> None:
        ticket = TicketCopyFactory()
        with context.bound(context.Context(correlation_id="request-1")), transaction.atomic():
            order = operations.place_order(
                buyer_id=uuid7(), ticket_id=ticket.id, hold=timedelta(minutes=15), now=timezone.now()
            )
        assert _found(support, "request-1") == [str(order.id)]

    def test_shows_how_it_stands_and_what_belongs_to_it(self, support: APIClient) -> None:
        order = OrderFactory(status="cancelled", cancel_reason="expired")
        [match] = support.get(f"{STAFF}/search", {"q": str(order.id)}).json()["matches"]
        assert match == {
            "kind": "order",
            "id": str(order.id),
            "label": "Front row",
            "detail": "19.99 USD, cancelled (expired)",
            "at": order.created_at.isoformat().replace("+00:00", "Z"),
            "related": [str(order.user_id), str(order.ticket_id)],
        }

    def test_finds_the_newest_twenty_of_a_buyer(
        self, support: APIClient, django_assert_max_num_queries: Any
    ) -> None:
        buyer = uuid7()
        orders = [str(OrderFactory(user_id=buyer).id) for _ in range(21)]
        with django_assert_max_num_queries(8):  # one for each kind of id, and one for the token
            assert _found(support, buyer) == orders[:0:-1]

    @pytest.mark.parametrize("text", ["nothing", str(uuid4()), "%"])
    def test_finds_nothing_by_another_text(self, support: APIClient, text: str) -> None:
        OrderFactory()
        assert _found(support, text) == []


class TestOrdersToday:
    def test_counts_the_holds_of_today_and_those_open(self, support: APIClient) -> None:
        OrderFactory(id=UUID("01890000-0000-7000-8000-000000000000"))
        OrderFactory()
        complete_order()
        for reason in ("expired", "expired", "expired", "buyer"):
            OrderFactory(status="cancelled", cancel_reason=reason)
        numbers = support.get(f"{STAFF}/today").json()["numbers"]
        assert {number["name"]: number["value"] for number in numbers} == {
            "holdsOpen": 2,
            "holdsStartedToday": 6,
            "completedToday": 1,
            "expiredToday": 3,
            "lapsedRate": 0.75,
        }

    def test_has_no_rate_of_nothing(self, support: APIClient) -> None:
        assert support.get(f"{STAFF}/today").json()["numbers"][-1]["value"] == 0


class TestStaffOrderList:
    def test_lists_everybodys_newest_first_in_pages(
        self, support: APIClient, django_assert_max_num_queries: Any
    ) -> None:
        orders = [str(OrderFactory().id) for _ in range(3)]
        with django_assert_max_num_queries(2):
            first = support.get(f"{STAFF}/orders?limit=2")
        assert [order["id"] for order in first.json()] == orders[:0:-1]
        link = first["Link"]
        assert [order["id"] for order in support.get(link[1 : link.index(">")]).json()] == orders[:1]

    def test_lists_those_of_a_buyer_a_ticket_or_a_status(self, support: APIClient) -> None:
        OrderFactory()
        order = complete_order()
        for query in (f"buyer={order.user_id}", f"ticket={order.ticket_id}", "status=complete"):
            [one] = support.get(f"{STAFF}/orders?{query}").json()
            assert (one["id"], one["paymentId"]) == (str(order.id), str(order.payment_id))

    @pytest.mark.parametrize("query", ["buyer=x", "ticket=1", "status=lost", "cursor=x", "limit=0"])
    def test_takes_no_other_query(self, support: APIClient, query: str) -> None:
        assert support.get(f"{STAFF}/orders?{query}").status_code == 400


class TestStaffOrderDetail:
    def test_shows_anybodys_with_its_history(self, support: APIClient) -> None:
        order = OrderFactory()
        support.post(f"{STAFF}/orders/{order.id}/release", WHY)
        shown = support.get(f"{STAFF}/orders/{order.id}").json()
        assert (shown["userId"], shown["cancelReason"]) == (str(order.user_id), "operator")
        assert [entry["type"] for entry in shown["history"]] == ["order.cancelled"]

    def test_knows_no_other_id(self, support: APIClient) -> None:
        assert support.get(f"{STAFF}/orders/{uuid4()}").status_code == 404


class TestReleaseOrder:
    def test_ends_the_hold_and_keeps_who_did_and_why(
        self, support: APIClient, operator_id: UUID, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "audit")
        order = OrderFactory()
        answer = support.post(f"{STAFF}/orders/{order.id}/release", WHY)
        assert answer.status_code == 200
        assert (answer.json()["status"], answer.json()["cancelReason"]) == ("cancelled", "operator")
        [event] = recorded_events()
        assert isinstance(event, OrderCancelled)
        entry = LogEntry.objects.get()
        assert (entry.object_id, entry.user.get_username()) == (str(order.id), str(operator_id))
        assert entry.get_change_message() == f"released: {WHY['reason']}"
        assert f"action=released on={order.id} operator={operator_id} role=support" in caplog.text

    def test_changes_nothing_when_it_is_repeated(self, support: APIClient) -> None:
        order = OrderFactory()
        answers = [support.post(f"{STAFF}/orders/{order.id}/release", WHY) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert len(recorded_events()) == 1

    def test_is_refused_for_a_paid_order(self, support: APIClient) -> None:
        with nothing_recorded():
            answer = support.post(f"{STAFF}/orders/{complete_order().id}/release", WHY)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "order-already-paid")

    def test_needs_a_reason_and_an_order(self, support: APIClient) -> None:
        answer = support.post(f"{STAFF}/orders/{OrderFactory().id}/release", {})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "reason-required")
        assert support.post(f"{STAFF}/orders/{uuid4()}/release", WHY).status_code == 404

    def test_is_for_support_alone(self, operator_id: UUID) -> None:
        order = OrderFactory()
        route = f"{STAFF}/orders/{order.id}/release"
        assert APIClient().post(route, WHY).status_code == 401
        for client in (client_of(order.user_id), client_of(uuid7()), client_of(operator_id, staff=True)):
            assert client.post(route, WHY).status_code == 403
        assert Order.objects.get().is_open

    def test_is_refused_to_staff_whose_session_has_ended(self, operator_id: UUID) -> None:
        session_id = uuid7()
        client = client_of(operator_id, staff=True, role="support", session_id=session_id)
        revocation.end_session(session_id=session_id, ended_at=timezone.now())
        assert client.get(f"{STAFF}/orders").status_code == 401
