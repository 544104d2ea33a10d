"""What staff see of payments, and do about them."""

import logging
import time
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.admin.models import LogEntry
from rest_framework.test import APIClient

from payments_service.tests.fake_stripe import FakeStripe
from payments_service.tests.story import PlacedOrder, begin_attempt, let_time_pass, recorded, run_commands
from service_defaults.testing import client_of
from shared_events.ids import uuid7

pytestmark = pytest.mark.django_db

STAFF = "/api/payments/staff"
WHY = {"reason": "The show was cancelled"}


@pytest.fixture
def operator_id() -> UUID:
    return uuid7()


@pytest.fixture
def money(operator_id: UUID) -> APIClient:
    return client_of(operator_id, staff=True, role="money")


@pytest.fixture
def tried() -> PlacedOrder:
    """An order with an attempt that has called nobody yet."""
    placed = PlacedOrder(uuid7())
    begin_attempt(placed)
    return placed


@pytest.fixture
def captured(order: PlacedOrder) -> PlacedOrder:
    """A complete order whose payment is captured."""
    order.complete(order.payment())
    run_commands()
    return order


def _found(client: APIClient, text: object) -> list[str]:
    return [match["id"] for match in client.get(f"{STAFF}/search", {"q": str(text)}).json()["matches"]]


class TestSearchPayments:
    def test_finds_a_payment_by_every_id_that_it_has_and_its_card(
        self, money: APIClient, order: PlacedOrder
    ) -> None:
        PlacedOrder(uuid7())
        payment = order.payment()
        for known in (payment.id, order.id, order.buyer, payment.intent_id, "4242"):
            assert _found(money, known) == [str(payment.id)]

    def test_shows_how_it_stands_and_what_belongs_to_it(self, money: APIClient, order: PlacedOrder) -> None:
        payment = order.payment()
        [match] = money.get(f"{STAFF}/search", {"q": "4242"}).json()["matches"]
        assert match == {
            "kind": "payment",
            "id": str(payment.id),
            "label": "19.99 USD",
            "detail": f"authorized, card ending in 4242, {payment.intent_id}",
            "at": payment.created_at.isoformat().replace("+00:00", "Z"),
            "related": [str(order.id), str(order.buyer)],
        }

    @pytest.mark.parametrize("text", ["4243", "12345", "٤٢٤٢", "pi_nobody", str(uuid4()), "%"])
    def test_finds_nothing_by_another_text(self, money: APIClient, tried: PlacedOrder, text: str) -> None:
        assert _found(money, text) == []


class TestPaymentsToday:
    def test_counts_and_sums_by_status_and_shows_what_is_stuck(self, money: APIClient) -> None:
        for _ in range(2):
            begin_attempt(PlacedOrder(uuid7()))
        numbers = money.get(f"{STAFF}/today").json()["numbers"]
        assert numbers == [
            {
                "name": "started",
                "label": "started",
                "value": 2,
                "amount": "39.98",
                "currency": "USD",
                "link": "status=started",
            },
            {"name": "stuck", "label": "stuck", "value": 0, "link": "stuck=1"},
        ]
        let_time_pass()
        assert money.get(f"{STAFF}/today").json()["numbers"][-1]["value"] == 2


class TestStaffPaymentList:
    def test_lists_everybodys_newest_first_in_pages(
        self, money: APIClient, django_assert_max_num_queries: Any
    ) -> None:
        payments = [str(begin_attempt(PlacedOrder(uuid7())).payment.id) for _ in range(3)]
        with django_assert_max_num_queries(2):
            first = money.get(f"{STAFF}/payments?limit=2")
        assert [payment["id"] for payment in first.json()] == payments[:0:-1]
        link = first["Link"]
        assert [one["id"] for one in money.get(link[1 : link.index(">")]).json()] == payments[:1]

    def test_lists_those_of_an_order_a_buyer_or_a_status_and_those_stuck(
        self, money: APIClient, tried: PlacedOrder
    ) -> None:
        let_time_pass()
        other = PlacedOrder(uuid7())
        begin_attempt(other)
        for query in (f"order={tried.id}", f"buyer={tried.buyer}", "stuck=1"):
            [one] = money.get(f"{STAFF}/payments?{query}").json()
            assert one["orderId"] == str(tried.id)
        assert len(money.get(f"{STAFF}/payments?status=started&stuck=0").json()) == 2
        assert money.get(f"{STAFF}/payments?status=captured").json() == []

    @pytest.mark.parametrize("query", ["order=x", "buyer=1", "status=lost", "stuck=maybe", "cursor=x"])
    def test_takes_no_other_query(self, money: APIClient, query: str) -> None:
        assert money.get(f"{STAFF}/payments?{query}").status_code == 400


class TestStaffPaymentDetail:
    def test_shows_anybodys_with_its_card_and_what_its_money_did(
        self, money: APIClient, captured: PlacedOrder
    ) -> None:
        payment = captured.payment()
        shown = money.get(f"{STAFF}/payments/{payment.id}").json()
        assert (shown["status"], shown["cardLast4"], shown["orderStatus"]) == ("captured", "4242", "complete")
        assert (shown["intentId"], shown["userId"]) == (payment.intent_id, str(captured.buyer))
        assert [entry["movement"] for entry in shown["entries"]] == ["authorized", "captured"]
        assert not {"clientSecret", "nextActionUrl"} & set(shown)

    def test_knows_no_other_id(self, money: APIClient) -> None:
        assert money.get(f"{STAFF}/payments/{uuid4()}").status_code == 404


class TestRefundPayment:
    def test_gives_the_money_back_and_keeps_who_did_and_why(
        self,
        money: APIClient,
        operator_id: UUID,
        captured: PlacedOrder,
        provider: FakeStripe,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.INFO, "audit")
        payment = captured.payment()
        answer = money.post(f"{STAFF}/payments/{payment.id}/refund", WHY)
        assert (answer.status_code, answer.json()["refundReason"]) == (200, WHY["reason"])
        assert answer.json()["refundRequestedAt"]
        run_commands()
        assert (captured.payment().status, captured.payment().reason) == ("refunded", WHY["reason"])
        assert provider.intent(payment.intent_id)["latest_charge"]["refunded"]
        entry = LogEntry.objects.get()
        assert (entry.object_id, entry.user.get_username()) == (str(payment.id), str(operator_id))
        assert entry.get_change_message() == f"refund requested: {WHY['reason']}"
        assert f"on={payment.id} operator={operator_id} role=money reason={WHY['reason']}" in caplog.text

    def test_happens_once_however_often_it_is_asked_for(
        self, money: APIClient, captured: PlacedOrder
    ) -> None:
        for _ in range(2):
            assert money.post(f"{STAFF}/payments/{captured.payment().id}/refund", WHY).status_code == 200
        run_commands()
        assert recorded().count("refunded") == 1

    @pytest.mark.parametrize("signed_in", [time.time() - 11 * 60, 0])
    def test_needs_a_recent_sign_in(self, operator_id: UUID, captured: PlacedOrder, signed_in: float) -> None:
        client = client_of(operator_id, staff=True, role="money", auth_time=int(signed_in))
        route = f"{STAFF}/payments/{captured.payment().id}"
        answer = client.post(f"{route}/refund", WHY)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "recent-login-required")
        assert captured.payment().refund_asked_at is None
        assert client.get(route).status_code == 200
        assert client.post(f"{route}/settle", WHY).status_code == 200

    def test_is_refused_for_what_is_not_captured(self, money: APIClient, tried: PlacedOrder) -> None:
        answer = money.post(f"{STAFF}/payments/{tried.payment().id}/refund", WHY)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "not-captured")
        assert not LogEntry.objects.exists()


class TestSettlePayment:
    def test_makes_it_due_now(self, money: APIClient, order: PlacedOrder) -> None:
        let_time_pass()
        answer = money.post(f"{STAFF}/payments/{order.payment().id}/settle", {"reason": "It is stuck"})
        assert (answer.status_code, answer.json()["status"]) == (200, "authorized")
        assert LogEntry.objects.get().get_change_message() == "to be settled now: It is stuck"

    def test_is_refused_where_there_is_nothing_to_settle(self, money: APIClient, tried: PlacedOrder) -> None:
        answer = money.post(f"{STAFF}/payments/{tried.payment().id}/settle", WHY)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "nothing-to-settle")


@pytest.mark.parametrize("action", ["refund", "settle"])
class TestMovingMoney:
    def test_needs_a_reason_and_a_payment(self, money: APIClient, tried: PlacedOrder, action: str) -> None:
        answer = money.post(f"{STAFF}/payments/{tried.payment().id}/{action}", {"reason": ""})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "reason-required")
        assert money.post(f"{STAFF}/payments/{uuid4()}/{action}", WHY).status_code == 404

    def test_is_for_the_role_of_money_alone(self, tried: PlacedOrder, action: str) -> None:
        route = f"{STAFF}/payments/{tried.payment().id}/{action}"
        assert APIClient().post(route, WHY).status_code == 401
        others = [client_of(tried.buyer), client_of(uuid7()), client_of(uuid7(), role="money")]
        others += [client_of(uuid7(), staff=True, role=role) for role in ("", "support")]
        assert [client.post(route, WHY).status_code for client in others] == [403] * 5
