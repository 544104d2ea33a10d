from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Timer
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from rest_framework.test import APIClient

from marketplace.users.models import UserReplica
from payments_service.payments import paying
from payments_service.payments.models import OrderReplica, Payment, ProviderCall, Status
from payments_service.payments.operations import attempts
from payments_service.tests.fake_stripe import FakeStripe
from payments_service.tests.lost_answers import lose_answer
from payments_service.tests.story import (
    PlacedOrder,
    begin_attempt,
    let_time_pass,
    recorded,
    run_commands,
    sweep,
)
from service_defaults.testing import token_for
from shared_events.ids import uuid7
from shared_events.testing import nothing_recorded

pytestmark = pytest.mark.django_db

NO_ORDER = "OrderId must be provided"
NO_TOKEN = "Token must be a Stripe card token or payment method"


class TestPayOrder:
    @pytest.mark.parametrize("token", ["pm_card_visa", "tok_visa", "tok_mastercard"])
    def test_reserves_the_amount(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID, token: str
    ) -> None:
        order = PlacedOrder(buyer)
        answer = shop.post("/api/payments", order.body(token))
        assert answer.status_code == 201
        assert answer.data["status"] == "authorized"
        assert answer.data["orderId"] == str(order.id)
        assert (answer.data["amount"], answer.data["currency"]) == ("19.99", "USD")
        assert "clientSecret" not in answer.data
        intent = provider.intent(order.payment().intent_id)
        assert (intent["status"], intent["amount"], intent["currency"]) == ("requires_capture", 1999, "usd")
        assert recorded() == ["started", "authorized"]

    def test_declines_with_stripes_own_reason(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        answer = shop.post("/api/payments", order.body("tok_chargeDeclinedInsufficientFunds"))
        assert answer.status_code == 402
        [error] = answer.json()["errors"]
        assert error == {
            "message": "Your card has insufficient funds.",
            "code": "card-declined",
            "field": "token",
        }
        assert order.payment().failure_code == "insufficient_funds"
        assert order.payment().reason_code == "card_declined"
        assert recorded() == ["started", "declined"]

    def test_takes_another_card_at_once_after_a_decline(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        assert shop.post("/api/payments", order.body("tok_chargeDeclined")).status_code == 402
        assert shop.post("/api/payments", order.body("tok_visa")).status_code == 201
        run_commands()
        assert sorted(intent["status"] for intent in provider.intents_of(order.id)) == [
            "canceled",
            "requires_capture",
        ]

    def test_closes_a_declined_intent_so_that_no_forgotten_tab_pays_it(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        shop.post("/api/payments", order.body("tok_chargeDeclined"))
        run_commands()
        payment = order.payment()
        assert provider.state(payment.intent_id) == "canceled"
        assert (payment.status, payment.due_at) == ("declined", None)
        assert recorded() == ["started", "declined"]

    def test_says_so_when_the_card_is_none(self, shop: APIClient, provider: FakeStripe, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        answer = shop.post("/api/payments", order.body("pm_unknown"))
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == "token"
        assert order.payment().status == "declined"
        assert shop.post("/api/payments", order.body()).status_code == 201

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            ({"token": "tok_visa"}, NO_ORDER),
            ({"orderId": None, "token": "tok_visa"}, NO_ORDER),
            ({"orderId": ["x"], "token": "tok_visa"}, NO_ORDER),
            ({"orderId": "x"}, NO_TOKEN),
            ({"orderId": "x", "token": ""}, NO_TOKEN),
            ({"orderId": "x", "token": 7}, NO_TOKEN),
            ({"orderId": "x", "token": "4242424242424242"}, NO_TOKEN),
            ({"orderId": "x", "token": "tok_visa; drop"}, NO_TOKEN),
            ({"orderId": "x", "token": "tok_" + "v" * 500}, NO_TOKEN),
        ],
    )
    def test_names_what_is_wrong(self, shop: APIClient, body: dict[str, object], message: str) -> None:
        answer = shop.post("/api/payments", body)
        assert answer.status_code == 400
        assert [error["message"] for error in answer.json()["errors"]] == [message]

    @pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"token": NaN}', '"' + "x" * 300_000 + '"'])
    def test_never_stumbles_over_a_body(self, shop: APIClient, body: str) -> None:
        answer = shop.post("/api/payments", body, content_type="application/json")
        assert answer.status_code in (400, 413)
        assert answer["Content-Type"] == "application/problem+json"

    @pytest.mark.parametrize("order_id", ["nonsense", str(uuid4()), "01890000-0000-7000-8000-000000000000"])
    def test_does_not_know_every_order(self, shop: APIClient, order_id: str) -> None:
        answer = shop.post("/api/payments", {"orderId": order_id, "token": "tok_visa"})
        assert answer.status_code == 404

    def test_needs_a_signed_in_user(self, api: APIClient, buyer: UUID) -> None:
        assert api.post("/api/payments", PlacedOrder(buyer).body()).status_code == 401

    def test_is_for_the_buyer_alone(self, shop: APIClient) -> None:
        answer = shop.post("/api/payments", PlacedOrder(uuid7()).body())
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "not-your-order")

    def test_is_closed_to_the_suspended(self, shop: APIClient, buyer: UUID) -> None:
        UserReplica.objects.create(id=buyer, status="suspended", version=2)
        assert shop.post("/api/payments", PlacedOrder(buyer).body()).status_code == 403

    def test_refuses_a_cancelled_order(self, shop: APIClient, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        order.cancel()
        answer = shop.post("/api/payments", order.body())
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["message"] == "Cannot pay for a cancelled order"

    def test_refuses_one_whose_time_is_over(self, shop: APIClient, buyer: UUID) -> None:
        answer = shop.post("/api/payments", PlacedOrder(buyer, minutes=-0.01).body())
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "order-expired")

    @pytest.mark.parametrize("completed", [False, True])
    def test_refuses_a_paid_one(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID, completed: bool
    ) -> None:
        order = PlacedOrder(buyer)
        shop.post("/api/payments", order.body())
        if completed:
            order.complete(order.payment())
        with nothing_recorded():
            answer = shop.post("/api/payments", order.body())
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "order-already-paid")

    @pytest.mark.django_db(transaction=True)
    def test_waits_for_an_order_that_was_just_made(
        self, buyer: UUID, provider: FakeStripe, api: APIClient
    ) -> None:
        order_id, delivered = uuid7(), []

        def deliver_order() -> None:
            delivered.append(PlacedOrder(buyer, id=order_id))
            connection.close()

        delivery = Timer(0.3, deliver_order)
        delivery.start()
        answer = api.post(
            "/api/payments",
            {"orderId": str(order_id), "token": "tok_visa"},
            HTTP_AUTHORIZATION=f"Bearer {token_for(buyer)}",
        )
        delivery.join()
        assert (answer.status_code, len(delivered)) == (201, 1)


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def test_charge_once(self, provider: FakeStripe, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        answers = pay_at_once(order, times=6)
        # A request that arrives just as the first one completes gets the same payment.
        assert 201 in answers
        assert set(answers) <= {201, 400, 409}
        run_commands()
        assert provider.held_or_taken(order.id) == 1
        assert Payment.objects.filter(order_id=order.id).count() == 1

    def test_the_second_is_refused_while_the_first_runs(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID, monkeypatch
    ) -> None:
        order = PlacedOrder(buyer)
        monkeypatch.setattr(paying, "MAX_WAIT", 0.1)
        begin_attempt(order)
        answer = shop.post("/api/payments", order.body())
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "payment-in-progress")
        assert provider.intents_of(order.id) == []

    def test_would_charge_twice_without_the_guards(
        self, provider: FakeStripe, buyer: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = PlacedOrder(buyer)
        both_have_looked = Barrier(2, timeout=10)
        real = attempts.set_status

        def start_together(payment: Payment, status: Status, *reason: Any) -> None:
            if status == Status.STARTED:
                both_have_looked.wait()
            real(payment, status, *reason)

        monkeypatch.setattr(attempts, "lock_order", lambda order_id: OrderReplica.objects.get(id=order_id))
        monkeypatch.setattr(attempts, "set_status", start_together)
        with without_constraint("one_live_payment_per_order"):
            assert pay_at_once(order, times=2) == [201, 201]
            assert provider.held_or_taken(order.id) == 2
            Payment.objects.update(status=Status.VOIDED)


def pay_at_once(order: PlacedOrder, *, times: int) -> list[int]:
    headers = {"HTTP_AUTHORIZATION": f"Bearer {token_for(order.buyer)}"}

    def pay(_: int) -> int:
        try:
            return APIClient().post("/api/payments", order.body(), **headers).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(pay, range(times)))


@contextmanager
def without_constraint(name: str) -> Iterator[None]:
    [constraint] = [each for each in Payment._meta.constraints if each.name == name]
    with connection.schema_editor() as editor:
        editor.remove_constraint(Payment, constraint)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            editor.add_constraint(Payment, constraint)


class TestStripeOutOfReach:
    @pytest.mark.usefixtures("provider_is_down")
    def test_while_making_the_intent_ends_the_attempt(self, shop: APIClient, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        answer = shop.post("/api/payments", order.body())
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert order.payment().status == "voided"
        assert recorded() == ["started", "voided"]

    def test_while_confirming_leaves_it_to_the_sweep(
        self, shop: APIClient, buyer: UUID, provider: FakeStripe, monkeypatch
    ) -> None:
        order = PlacedOrder(buyer)
        lose_answer(monkeypatch, ProviderCall.CONFIRM)
        assert shop.post("/api/payments", order.body()).status_code == 503
        assert order.payment().status == "started"
        assert provider.state(order.payment().intent_id) == "requires_capture"
        monkeypatch.undo()
        let_time_pass()
        sweep()
        assert order.payment().status == "authorized"
        assert len(provider.intents_of(order.id)) == 1

    def test_never_makes_an_honest_retry_pay_twice(
        self, shop: APIClient, buyer: UUID, provider: FakeStripe, monkeypatch
    ) -> None:
        order = PlacedOrder(buyer)
        lose_answer(monkeypatch, ProviderCall.CONFIRM)
        shop.post("/api/payments", order.body())
        first = order.payment()
        monkeypatch.undo()
        answer = shop.post("/api/payments", order.body("tok_mastercard"))
        assert (answer.status_code, answer.data["id"]) == (201, str(first.id))
        assert provider.held_or_taken(order.id) == 1
