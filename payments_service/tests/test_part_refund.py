"""Refunds of a part of a payment: its sale stands."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIClient

from contracts.payment import PaymentPartlyRefunded
from payments_service.payments.models import LedgerEntry, Payment, ProviderCall
from payments_service.providers import get_provider
from payments_service.providers.stripe import Stripe
from payments_service.tests.fake_stripe import FakeStripe
from payments_service.tests.lost_answers import lose_answer
from payments_service.tests.story import PlacedOrder, let_time_pass, recorded, run_commands, sweep
from service_defaults.testing import client_of
from shared_events.ids import uuid7
from shared_events.testing import recorded_events

pytestmark = pytest.mark.django_db

WHY = "The seat had no view"


@pytest.fixture
def sale(order: PlacedOrder) -> PlacedOrder:
    """A complete order whose payment of 19.99 is captured."""
    order.complete(order.payment())
    run_commands()
    return order


@pytest.fixture
def money() -> APIClient:
    return client_of(uuid7(), staff=True, role="money")


def refund(money: APIClient, payment: Payment, amount: object, **other: Any) -> Response:
    body = {"reason": WHY, "amount": str(amount), "version": payment.version, **other}
    return money.post(f"/api/payments/staff/payments/{payment.id}/refund", body)


def refunds_at(provider: FakeStripe, payment: Payment) -> list[int]:
    refunds = provider.intent(payment.intent_id)["latest_charge"]["refunds"]["data"]
    return sorted(each["amount"] for each in refunds)


def ledger() -> list[tuple[str, Decimal]]:
    return list(LedgerEntry.objects.order_by("id").values_list("movement", "taken"))


def parts() -> list[PaymentPartlyRefunded]:
    return [event for event in recorded_events() if isinstance(event, PaymentPartlyRefunded)]


class TestAPart:
    def test_goes_back_and_the_sale_stands(
        self, money: APIClient, sale: PlacedOrder, provider: FakeStripe
    ) -> None:
        assert refund(money, sale.payment(), "5.00").status_code == 200
        run_commands()
        payment = sale.payment()
        assert (payment.status, payment.refunded, payment.due_at) == ("captured", Decimal(5), None)
        assert refunds_at(provider, payment) == [500]
        assert ledger()[-1] == ("refunded", Decimal(-5))
        [part] = parts()
        assert (part.refunded, part.amount) == (Decimal(5), Decimal("19.99"))
        assert (part.reason_code, part.reason) == ("requested", WHY)
        assert "refunded" not in recorded()

    def test_is_shown_to_staff_and_buyer(self, money: APIClient, sale: PlacedOrder, shop: APIClient) -> None:
        asked = refund(money, sale.payment(), "5.00").json()
        assert (asked["refunded"], asked["refundGoal"]) == ("0.00", "5.00")
        run_commands()
        payment = sale.payment()
        assert money.get(f"/api/payments/staff/payments/{payment.id}").json()["refunded"] == "5.00"
        assert shop.get(f"/api/payments/{payment.id}").json()["refunded"] == "5.00"
        assert f"refund of 5.00 USD requested: {WHY}" in LogEntry.objects.get().get_change_message()

    def test_may_be_followed_by_others_and_by_the_rest(
        self, money: APIClient, sale: PlacedOrder, provider: FakeStripe
    ) -> None:
        for amount in ("5.00", "0.01"):
            refund(money, sale.payment(), amount)
            run_commands()
        refund(money, sale.payment(), "14.98")
        run_commands()
        payment = sale.payment()
        assert (payment.status, payment.refunded) == ("refunded", payment.amount)
        assert refunds_at(provider, payment) == [1, 500, 1498]
        assert [taken for movement, taken in ledger() if movement == "refunded"] == [
            Decimal(-5),
            Decimal("-0.01"),
            Decimal("-14.98"),
        ]
        assert recorded()[-1] == "refunded"

    def test_is_taken_into_account_when_the_order_ends(
        self, money: APIClient, sale: PlacedOrder, provider: FakeStripe
    ) -> None:
        refund(money, sale.payment(), "5.00")
        run_commands()
        sale.cancel("operator")
        run_commands()
        payment = sale.payment()
        assert (payment.status, payment.reason_code) == ("refunded", "order_cancelled")
        assert refunds_at(provider, payment) == [500, 1499]
        assert sum(taken for _, taken in ledger()) == 0


class TestARepetition:
    def test_of_a_request_refunds_nothing_more(
        self, money: APIClient, sale: PlacedOrder, provider: FakeStripe
    ) -> None:
        seen = sale.payment()
        refund(money, seen, "5.00")
        again = refund(money, seen, "5.00")
        assert (again.status_code, again.json()["errors"][0]["message"]) == (
            409,
            "A refund of this payment is being made. See what comes of it first",
        )
        run_commands()
        assert refund(money, seen, "5.00").status_code == 412
        run_commands()
        assert refunds_at(provider, sale.payment()) == [500]

    def test_of_a_call_whose_answer_was_lost_refunds_nothing_more(
        self,
        money: APIClient,
        sale: PlacedOrder,
        provider: FakeStripe,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        refund(money, sale.payment(), "5.00")
        with monkeypatch.context() as lossy:
            lose_answer(lossy, ProviderCall.REFUND)
            run_commands()
        assert (sale.payment().refunded, refunds_at(provider, sale.payment())) == (0, [500])
        let_time_pass()
        sweep()
        assert (sale.payment().refunded, sale.payment().due_at) == (Decimal(5), None)
        assert refunds_at(provider, sale.payment()) == [500]
        assert len(parts()) == 1


class TestAtTheProviderItself:
    def test_a_refunded_part_is_written_and_told(
        self, sale: PlacedOrder, provider: FakeStripe, money: APIClient
    ) -> None:
        payment = sale.payment()
        provider.refund(payment.intent_id, amount="700")
        money.post(f"/api/payments/staff/payments/{payment.id}/settle", {"reason": WHY})
        run_commands()
        assert (sale.payment().status, sale.payment().refunded) == ("captured", Decimal(7))
        assert ledger()[-1] == ("refunded", Decimal(-7))
        assert [(part.refunded, part.reason_code) for part in parts()] == [
            (Decimal(7), "refunded_at_provider")
        ]
        assert refund(money, sale.payment(), "13.00").status_code == 400
        refund(money, sale.payment(), "2.00")
        run_commands()
        assert refunds_at(provider, sale.payment()) == [200, 700]

    def test_one_that_came_back_is_made_again(
        self, money: APIClient, sale: PlacedOrder, provider: FakeStripe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        refund(money, sale.payment(), "5.00")
        run_commands()
        payment = sale.payment()
        intent = get_provider().fetch_intent(payment.intent_id or "")
        before = payment.attempt_key("refund")
        with monkeypatch.context() as came_back:
            # The fake Stripe's refunds never fail later, as a bank's can.
            returned = replace(intent, refunded=Decimal(0))
            came_back.setattr(Stripe, "fetch_intent", lambda *_: returned)
            came_back.setattr(Stripe, "refund_intent", lambda *_, **given: returned)
            money.post(f"/api/payments/staff/payments/{payment.id}/settle", {"reason": WHY})
            run_commands()
        assert sale.payment().attempt_key("refund") != before
        assert sale.payment().due_at > timezone.now()


class TestWhatIsRefused:
    @pytest.mark.parametrize("amount", ["0", "-1", "1.999", "many", ""])
    def test_is_an_amount_that_is_none(self, money: APIClient, sale: PlacedOrder, amount: str) -> None:
        answer = refund(money, sale.payment(), amount)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "amount")
        assert sale.payment().due_at is None

    def test_is_more_than_is_left(self, money: APIClient, sale: PlacedOrder) -> None:
        [error] = refund(money, sale.payment(), "20.00").json()["errors"]
        assert (error["message"], error["field"]) == ("At most 19.99 USD can be refunded", "amount")

    def test_is_an_amount_without_the_version(self, money: APIClient, sale: PlacedOrder) -> None:
        body = {"reason": WHY, "amount": "5.00"}
        answer = money.post(f"/api/payments/staff/payments/{sale.payment().id}/refund", body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "version")

    def test_is_a_part_of_what_was_not_captured(self, money: APIClient, order: PlacedOrder) -> None:
        assert refund(money, order.payment(), "5.00").status_code == 400
