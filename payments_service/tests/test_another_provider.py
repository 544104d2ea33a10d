"""Payments with a provider that isn't Stripe: one module, named by a setting."""

import json
import subprocess
import sys
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

from payments_service.payments.models import LedgerEntry
from payments_service.providers import get_provider
from payments_service.tests.child_environment import environment
from payments_service.tests.memory_provider import Memory
from payments_service.tests.story import PlacedOrder, recorded, run_commands

pytestmark = pytest.mark.django_db

PROVIDER = "payments_service.tests.memory_provider.Memory"


@pytest.fixture
def memory(settings) -> Memory:
    settings.PAYMENTS_PROVIDER = PROVIDER
    provider = get_provider()
    assert isinstance(provider, Memory)
    provider.__init__()  # type: ignore[misc]
    return provider


@pytest.fixture
def order(memory: Memory, buyer: UUID) -> PlacedOrder:
    return PlacedOrder(buyer)


def pay(shop: APIClient, order: PlacedOrder, card: str = "card_good") -> str:
    answer = shop.post("/api/payments", order.body(card))
    assert answer.status_code == 201
    return str(answer.data["status"])


def money() -> list[str]:
    return list(LedgerEntry.objects.order_by("id").values_list("movement", flat=True))


class TestAPayment:
    def test_is_captured_when_its_order_completes(self, shop: APIClient, order: PlacedOrder) -> None:
        assert pay(shop, order) == "authorized"
        order.complete(order.payment())
        run_commands()
        assert recorded() == ["started", "authorized", "captured"]
        assert money() == ["authorized", "captured"]

    def test_is_voided_when_its_order_is_cancelled(self, shop: APIClient, order: PlacedOrder) -> None:
        pay(shop, order)
        order.cancel()
        run_commands()
        assert recorded() == ["started", "authorized", "voided"]
        assert money() == ["authorized", "voided"]

    def test_is_refunded_when_its_complete_order_is_cancelled(
        self, shop: APIClient, order: PlacedOrder
    ) -> None:
        pay(shop, order)
        order.complete(order.payment())
        run_commands()
        order.cancel("operator")
        run_commands()
        assert recorded() == ["started", "authorized", "captured", "refunded"]
        assert money() == ["authorized", "captured", "refunded"]

    def test_is_authorised_by_the_buyers_answer_to_a_challenge(
        self, shop: APIClient, order: PlacedOrder, memory: Memory
    ) -> None:
        assert pay(shop, order, "card_challenged") == "requires_action"
        intent_id = str(order.payment().intent_id)
        memory.answer_challenge(intent_id)
        event = {"id": "event_1", "type": "authorized", "intent_id": intent_id}
        answer = APIClient().post(
            "/api/payments/webhook", event, format="json", headers={"Memory-Signature": "signed"}
        )
        assert answer.status_code == 200
        run_commands()
        assert order.payment().status == "authorized"

    @pytest.mark.parametrize(
        ("card", "status", "slug"),
        [
            ("card_declined", 402, "card-declined"),
            ("card_unknown", 400, "card-not-accepted"),
            ("tok_visa", 400, "invalid"),
        ],
    )
    def test_is_refused_with_the_same_answers(
        self, shop: APIClient, order: PlacedOrder, card: str, status: int, slug: str
    ) -> None:
        answer = shop.post("/api/payments", order.body(card))
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, slug)

    def test_is_refused_while_the_provider_is_down(
        self, shop: APIClient, order: PlacedOrder, memory: Memory
    ) -> None:
        memory.is_down = True
        answer = shop.post("/api/payments", order.body("card_good"))
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (503, "provider-unavailable")
        assert (order.payment().status, order.payment().reason) == ("voided", "Memory gave no answer")

    def test_is_opened_for_a_browser(self, shop: APIClient, order: PlacedOrder) -> None:
        answer = shop.post("/api/payments/intents", {"orderId": str(order.id)})
        assert (answer.status_code, answer.data["publishableKey"]) == (201, "memory")

    def test_is_reconciled_with_the_providers_records(self, shop: APIClient, order: PlacedOrder) -> None:
        pay(shop, order)
        order.complete(order.payment())
        run_commands()
        out = StringIO()
        call_command("reconcile", stdout=out)
        assert "taken USD: 19.99 by the ledger, 19.99 by Memory" in out.getvalue()

    def test_needs_a_signed_webhook(self, memory: Memory) -> None:
        answer = APIClient().post("/api/payments/webhook", {}, format="json")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "invalid-signature")


class TestAProcessWithoutStripe:
    @pytest.mark.django_db(transaction=True)
    def test_pays_captures_voids_and_refunds_and_imports_nothing_of_stripe(self) -> None:
        variables = {
            name: value
            for name, value in environment(PAYMENTS_PROVIDER=PROVIDER).items()
            if not name.startswith("STRIPE_")
        }
        done = subprocess.run(
            (sys.executable, "-m", "payments_service.tests.paying_in_memory"),
            env=variables, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == {
            "recorded": [
                *("started", "authorized", "captured", "refunded"),
                *("started", "authorized", "voided"),
            ],
            "imported": [],
        }
