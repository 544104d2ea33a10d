import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from payments_service.payments import operations, paying
from payments_service.payments.models import Payment, ProviderCall
from payments_service.providers import ProviderDeclined
from payments_service.tests.fake_stripe import FakeStripe
from payments_service.tests.lost_answers import lose_answers
from payments_service.tests.story import PlacedOrder, let_time_pass, run_commands, sweep
from service_defaults.idempotency.models import IdempotencyRecord
from service_defaults.idempotency.store import Key, purge_old_records
from service_defaults.testing import token_for
from shared_events.testing import nothing_recorded

pytestmark = pytest.mark.django_db

KEY = {"Idempotency-Key": "a-key"}
INTENTS = "/api/payments/intents"


class TestAnIdempotencyKey:
    def test_makes_a_repetition_pay_once_and_answers_alike(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        first = shop.post("/api/payments", order.body(), headers=KEY)
        order.complete(order.payment())
        run_commands()
        with nothing_recorded():
            again = shop.post("/api/payments", order.body(), headers=KEY)
        assert (again.status_code, again.json()) == (201, first.json())
        assert again["Idempotent-Replayed"] == "true"
        assert "Idempotent-Replayed" not in first
        assert len(provider.intents_of(order.id)) == 1

    def test_counts_for_an_intent_in_the_browser_too(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        first = shop.post(INTENTS, {"orderId": str(order.id)}, headers=KEY)
        provider.confirm(order.payment().intent_id, "pm_card_visa")
        let_time_pass()
        sweep()
        again = shop.post(INTENTS, {"orderId": str(order.id)}, headers=KEY)
        assert (again.status_code, again.json()) == (201, first.json())
        assert again["Idempotent-Replayed"] == "true"

    def test_of_one_route_is_free_on_the_other(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        assert shop.post(INTENTS, {"orderId": str(order.id)}, headers=KEY).status_code == 201
        assert shop.post("/api/payments", order.body(), headers=KEY).data["status"] == "authorized"

    def test_with_another_body_is_refused(self, shop: APIClient, provider: FakeStripe, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        shop.post("/api/payments", order.body(), headers=KEY)
        answer = shop.post("/api/payments", order.body("tok_mastercard"), headers=KEY)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "idempotency-key-reused")

    def test_is_kept_for_the_attempt_that_turned_out_to_be_the_answer(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        challenged = shop.post("/api/payments", order.body("tok_threeDSecure2Required")).data
        provider.authenticate(order.payment().intent_id, challenged["clientSecret"])
        answers = [shop.post("/api/payments", order.body(), headers=KEY) for _ in range(2)]
        assert [answer.json()["id"] for answer in answers] == [challenged["id"]] * 2
        assert answers[1]["Idempotent-Replayed"] == "true"

    @pytest.mark.parametrize("body", [{}, {"orderId": "nonsense", "token": "tok_visa"}])
    def test_is_not_kept_for_a_refusal(self, shop: APIClient, body: dict[str, str]) -> None:
        assert shop.post("/api/payments", body, headers=KEY).status_code in (400, 404)
        assert not IdempotencyRecord.objects.exists()

    @pytest.mark.usefixtures("provider_is_down")
    def test_is_not_kept_when_stripe_is_away(self, shop: APIClient, buyer: UUID) -> None:
        assert shop.post("/api/payments", PlacedOrder(buyer).body(), headers=KEY).status_code == 503
        assert not IdempotencyRecord.objects.exists()

    def test_is_released_with_a_lost_answer_and_adopts_what_came_of_it(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = PlacedOrder(buyer)
        line = lose_answers(monkeypatch, "confirm")
        assert shop.post("/api/payments", order.body(), headers=KEY).status_code == 503
        line.broken = False
        answer = shop.post("/api/payments", order.body(), headers=KEY)
        assert (answer.status_code, answer.data["status"]) == (201, "authorized")
        assert provider.held_or_taken(order.id) == len(provider.intents_of(order.id)) == 1

    @pytest.mark.parametrize("key", ["", "x" * 256, "ü", "a\tb"])
    def test_must_be_a_sensible_one(self, shop: APIClient, buyer: UUID, key: str) -> None:
        answer = shop.post("/api/payments", PlacedOrder(buyer).body(), HTTP_IDEMPOTENCY_KEY=key)
        assert answer.status_code == 400

    def test_is_forgotten_after_a_day_and_the_payment_stays(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        shop.post("/api/payments", order.body(), headers=KEY)
        IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(hours=25))
        assert purge_old_records() == 1
        assert order.payment().claim is None


class TestAKeyInFlight:
    def test_says_so(self, shop: APIClient, provider: FakeStripe, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        crash_after_start(order)
        answer = shop.post("/api/payments", order.body(), headers=KEY)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "idempotency-key-in-flight")

    def test_is_free_once_the_sweep_gave_the_attempt_up(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        crash_after_start(order)
        let_time_pass()
        sweep()
        answer = shop.post("/api/payments", order.body(), headers=KEY)
        assert (answer.status_code, answer.data["status"]) == (201, "authorized")
        assert "Idempotent-Replayed" not in answer

    def test_is_completed_by_the_sweep_which_calls_stripe_first(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        crash_after_confirming(order, "tok_visa")
        assert shop.post("/api/payments", order.body(), headers=KEY).status_code == 409
        let_time_pass()
        sweep()
        answers = [shop.post("/api/payments", order.body(), headers=KEY) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].json() == answers[1].json()
        assert answers[0].json()["status"] == "authorized"
        assert answers[0]["Idempotent-Replayed"] == "true"
        assert len(provider.intents_of(order.id)) == 1

    def test_is_free_once_the_sweep_learned_of_a_decline(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        crash_after_confirming(order, "tok_chargeDeclined")
        let_time_pass()
        sweep()
        answer = shop.post("/api/payments", order.body("tok_mastercard"), headers=KEY)
        assert (answer.status_code, answer.data["status"]) == (201, "authorized")

    def test_is_completed_with_the_intent_that_a_browser_confirms(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        paying._start(order.id, buyer, None, key_of(order, route=INTENTS, body={"orderId": str(order.id)}))
        answer = shop.post(INTENTS, {"orderId": str(order.id)}, headers=KEY)
        assert (answer.status_code, answer["Idempotent-Replayed"]) == (201, "true")
        assert answer.data["clientSecret"] == provider.intent(order.payment().intent_id)["client_secret"]

    def test_blocks_no_request_after_its_payment_ended(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        first = shop.post("/api/payments", order.body(), headers=KEY)
        order.cancel()
        run_commands()
        again = shop.post("/api/payments", order.body(), headers=KEY)
        assert (again.status_code, again.json()) == (201, first.json())


@pytest.mark.django_db(transaction=True)
class TestTheSameRequestManyTimesAtOnce:
    def test_pays_once(self, provider: FakeStripe, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        headers = {"Authorization": f"Bearer {token_for(buyer)}", **KEY}

        def pay(_: int) -> tuple[int, str]:
            try:
                answer = APIClient().post("/api/payments", order.body(), headers=headers)
                return answer.status_code, answer.json().get("id", "")
            finally:
                connection.close()

        with ThreadPoolExecutor(6) as pool:
            answers = set(pool.map(pay, range(6)))
        payment = Payment.objects.get(order_id=order.id)
        assert answers <= {(201, str(payment.id)), (409, "")}
        assert (201, str(payment.id)) in answers
        assert provider.held_or_taken(order.id) == 1


def key_of(order: PlacedOrder, *, route: str = "/api/payments", body: dict[str, str] | None = None) -> Key:
    """Return the key as the request with `body` would bring it."""

    text = json.dumps(body or order.body(), sort_keys=True).encode()
    return Key(user_id=order.buyer, route=route, key="a-key", fingerprint=hashlib.sha256(text).hexdigest())


def crash_after_start(order: PlacedOrder) -> operations.Lease:
    """Leave the state of a request that dies before it calls Stripe."""
    with transaction.atomic():
        return operations.start_payment(
            order_id=order.id, buyer=order.buyer, in_browser=False, now=timezone.now(), key=key_of(order)
        )


def crash_after_confirming(order: PlacedOrder, card: str) -> None:
    """Leave the state of a request that dies before it stores the provider's answer."""
    attempt = paying._start(order.id, order.buyer, card, key_of(order))
    with suppress(ProviderDeclined):
        paying._call_provider(ProviderCall.CONFIRM, *attempt)
