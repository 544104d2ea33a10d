import logging
import time
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from django.test import Client
from rest_framework.test import APIClient

from payments_service.payments.models import Payment
from payments_service.tests.fake_stripe import FakeStripe
from payments_service.tests.story import PlacedOrder, let_time_pass, recorded, run_commands, sweep
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
    """A complete order whose payment is captured."""
    placed = PlacedOrder(buyer)
    shop.post("/api/payments", placed.body())
    placed.complete(placed.payment())
    run_commands()
    return placed


class TestRefund:
    def test_gives_the_money_back_for_a_reason(
        self, staff_client: Client, order: PlacedOrder, provider: FakeStripe
    ) -> None:
        ask_for_refund(staff_client, order.payment(), "The show was cancelled")
        run_commands()
        payment = order.payment()
        assert (payment.status, payment.reason, payment.due_at) == (
            "refunded",
            "The show was cancelled",
            None,
        )
        assert payment.reason_code == "requested"
        assert provider.intent(payment.intent_id)["latest_charge"]["refunded"]
        history = staff_client.get(f"{LIST}{payment.id}/history/").content.decode()
        assert "The show was cancelled" in history

    def test_happens_once_however_often_it_is_requested(
        self, staff_client: Client, order: PlacedOrder
    ) -> None:
        for _ in range(3):
            ask_for_refund(staff_client, order.payment(), "twice is nice")
        run_commands()
        let_time_pass()
        sweep()
        assert recorded().count("refunded") == 1

    def test_needs_a_reason(self, staff_client: Client, order: PlacedOrder) -> None:
        assert "Say why" in ask_for_refund(staff_client, order.payment(), "  ")
        run_commands()
        assert order.payment().status == "captured"

    def test_needs_money_that_was_taken(
        self, staff_client: Client, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        shop.post("/api/payments", order.body())
        assert "Only a captured payment can be refunded" in ask_for_refund(
            staff_client, order.payment(), "why not"
        )
        assert order.payment().refund_asked_at is None


class TestTheOperatorsList:
    def test_finds_a_payment_by_its_order(self, staff_client: Client, order: PlacedOrder) -> None:
        page = staff_client.get(LIST, {"q": str(order.id)}).content.decode()
        assert f"/admin/orders/orders/order/{order.id}/change/" in page
        assert str(order.payment().id) in page

    def test_shows_a_payment_without_its_secret(
        self, staff_client: Client, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        shop.post("/api/payments", order.body("tok_threeDSecure2Required"))
        page = staff_client.get(f"{LIST}{order.payment().id}/change/").content.decode()
        assert str(order.payment().intent_id) in page
        assert order.payment().client_secret not in page
        assert '<input type="text"' not in page

    @pytest.mark.parametrize(
        "model", ["payments/payment", "payments/orderreplica", "users/userreplica", "payments/stripeevent"]
    )
    def test_opens(self, staff_client: Client, order: PlacedOrder, model: str) -> None:
        assert staff_client.get(f"/admin/payments/{model}/").status_code == 200


def ask_for_refund(staff_client: Client, payment: Payment, reason: str) -> str:
    body = {"action": "refund", "_selected_action": str(payment.id), "reason": reason}
    return staff_client.post(LIST, body, follow=True).content.decode()


class TestWhoMayRefund:
    def test_is_an_operator_for_money(self, order: PlacedOrder) -> None:
        support = _admin_client(role="support")
        assert 'value="refund"' not in support.get(LIST).content.decode()
        ask_for_refund(support, order.payment(), "I would like to")
        assert order.payment().refund_asked_at is None

    def test_signs_in_again_where_it_was_long_ago(self, order: PlacedOrder) -> None:
        operator, payment = uuid7(), order.payment()
        staff_client = _admin_client(operator, auth_time=int(time.time()) - 3600)
        body = {"action": "refund", "_selected_action": [str(payment.pk)], "reason": "The show was cancelled"}
        answer = staff_client.post(LIST, body)
        confirm = f"{LIST}confirm/"
        assert (answer.status_code, answer["Location"]) == (
            302,
            f"/auth/signin?next={quote(confirm, safe='')}",
        )
        assert order.payment().refund_asked_at is None
        staff_client.cookies["access_token"] = token_for(operator, staff=True, role="money")
        page = staff_client.get(confirm).content.decode()
        assert str(payment.pk) in page
        assert 'value="The show was cancelled"' in page
        assert order.payment().refund_asked_at is None
        staff_client.post(confirm, {"reason": "The show was cancelled"})
        assert order.payment().refund_reason == "The show was cancelled"

    def test_is_written_down(
        self, staff_client: Client, order: PlacedOrder, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "audit")
        ask_for_refund(staff_client, order.payment(), "The show was cancelled")
        [line] = [vars(record) for record in caplog.records if record.name == "audit"]
        assert (line["event"], line["on"], line["role"]) == (
            "operator.acted",
            str(order.payment().id),
            "money",
        )
        assert "The show was cancelled" in line["action"]


def _admin_client(operator: UUID | None = None, role: str = "money", **claims: Any) -> Client:
    client = Client()
    client.cookies["access_token"] = token_for(operator or uuid7(), staff=True, role=role, **claims)
    client.get("/admin/payments/", follow=True)
    return client
