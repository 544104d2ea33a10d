from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from payments_service.payments import queries, reconciliation
from payments_service.payments.models import Intent, OrderReplica, Payment
from payments_service.providers import ProviderRecord, stripe
from payments_service.providers.stripe import Stripe
from payments_service.tests.fake_stripe import FakeStripe
from payments_service.tests.story import (
    PlacedOrder,
    begin_attempt,
    let_time_pass,
    request_part_refund,
    run_commands,
)
from service_defaults.clock import moment
from shared_events.ids import uuid7
from shared_events.testing import nothing_recorded

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _new_books(provider: FakeStripe) -> None:
    provider.delete_everything()


@pytest.fixture
def paid(shop: APIClient, buyer: UUID) -> PlacedOrder:
    """A complete order whose money was taken."""
    return pay(shop, buyer)


class TestReconcile:
    def test_finds_nothing_on_a_healthy_system(self, shop: APIClient, buyer: UUID, paid: PlacedOrder) -> None:
        refunded, voided, waiting = pay(shop, buyer), PlacedOrder(buyer), PlacedOrder(buyer)
        shop.post("/api/payments", voided.body("tok_chargeDeclined"))
        shop.post("/api/payments", voided.body())
        shop.post("/api/payments", waiting.body())
        refunded.cancel("operator")
        voided.cancel()
        run_commands()
        said, _ = reconcile()
        assert "5 payments" in said
        assert "1 of them under way" in said
        assert "taken USD: 19.99 by the ledger, 19.99 by Stripe" in said
        assert "held USD: 0.00 by the ledger, 0.00 by Stripe" in said
        assert said.endswith("No differences\n")

    def test_compares_also_what_has_waited_too_long(self, shop: APIClient, buyer: UUID) -> None:
        waiting = PlacedOrder(buyer)
        shop.post("/api/payments", waiting.body())
        let_time_pass()
        said, _ = reconcile()
        assert "0 of them under way" in said
        assert "held USD: 19.99 by the ledger, 19.99 by Stripe" in said

    def test_finds_money_that_stripe_gave_back_by_itself(
        self, paid: PlacedOrder, provider: FakeStripe
    ) -> None:
        provider.refund(paid.payment().intent_id)
        [difference] = differences()
        assert str(paid.payment().id) in difference
        assert "the ledger says 0.00 held, 19.99 taken, and Stripe 0.00 held, 0.00 taken" in difference

    def test_finds_nothing_after_a_refund_of_a_part(self, paid: PlacedOrder) -> None:
        payment = paid.payment()
        request_part_refund(paid, Decimal(5))
        run_commands()
        assert differences() == []
        assert queries.count_ledger_differences(since=payment.created_at) == 0
        assert "taken USD: 14.99 by the ledger, 14.99 by Stripe" in reconcile()[0]

    def test_finds_a_part_that_stripe_gave_back_by_itself(
        self, paid: PlacedOrder, provider: FakeStripe
    ) -> None:
        provider.refund(paid.payment().intent_id, amount="700")
        [difference] = differences()
        assert "the ledger says 0.00 held, 19.99 taken, and Stripe 0.00 held, 12.99 taken" in difference

    def test_finds_a_status_that_the_ledger_denies(self, paid: PlacedOrder) -> None:
        Payment.objects.filter(order=paid.id).update(status="voided")
        assert "it is voided" in differences()[0]

    def test_finds_money_taken_for_nothing(self, paid: PlacedOrder) -> None:
        OrderReplica.objects.filter(id=paid.id).update(status="cancelled")
        assert f"its order {paid.id} is cancelled" in differences()[0]

    def test_finds_an_unpaid_complete_order(self, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        order.complete(Payment(id=uuid7()))
        [difference] = differences()
        assert difference.startswith(f"order {order.id}")

    def test_finds_an_intent_that_stripe_has_forgotten(self, paid: PlacedOrder, provider: FakeStripe) -> None:
        provider.delete_everything()
        assert "Stripe doesn't know its intent" in differences()[0]

    def test_finds_money_in_an_unknown_intent(self, provider: FakeStripe, buyer: UUID) -> None:
        stray = make_stray(confirmed=True)
        [difference] = differences()
        assert difference.startswith(f"intent {stray.id}: Stripe says 5.00 held")

    def test_does_not_mind_an_attempt_whose_answer_was_lost(self, buyer: UUID) -> None:
        make_stray(confirmed=False)
        assert differences() == []

    def test_leaves_alone_what_is_on_its_way(self, buyer: UUID) -> None:
        begin_attempt(PlacedOrder(buyer))
        assert differences() == []

    def test_looks_twice(
        self, paid: PlacedOrder, provider: FakeStripe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        record = Stripe().fetch_record(str(paid.payment().intent_id))
        monkeypatch.setattr(Stripe, "list_records", lambda self, **_: iter([stale(record)]))
        assert differences() == []

    @pytest.mark.parametrize("chunk", [1, 2, 3])
    def test_goes_chunk_by_chunk_and_page_by_page(
        self, shop: APIClient, buyer: UUID, chunk: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reconciliation, "CHUNK", chunk)
        monkeypatch.setattr(stripe, "PAGE", 1)
        orders = [pay(shop, buyer) for _ in range(3)]
        make_stray(confirmed=True)
        OrderReplica.objects.filter(id=orders[1].id).update(status="cancelled")
        said, found = reconcile()
        assert len(found) == 2
        assert "taken USD: 59.97 by the ledger, 59.97 by Stripe" in said

    def test_keeps_to_its_window(self, paid: PlacedOrder) -> None:
        OrderReplica.objects.filter(id=paid.id).update(status="cancelled")
        assert differences(f"--since={(timezone.now() + timedelta(seconds=5)).isoformat()}") == []

    @pytest.mark.usefixtures("paid")
    def test_says_where_to_go_on_when_stripe_is_away(self, provider: FakeStripe, settings) -> None:
        settings.STRIPE_API_BASE = "http://127.0.0.1:9"
        stripe._client.cache_clear()
        with pytest.raises(CommandError, match="go on with --since 2") as ended:
            call_command("reconcile", stdout=StringIO())
        assert ended.value.returncode == 2

    def test_changes_nothing(self, paid: PlacedOrder) -> None:
        before = Payment.objects.values().get(order=paid.id)
        with nothing_recorded():
            reconcile()
        assert Payment.objects.values().get(order=paid.id) == before


class TestSince:
    def test_takes_a_day_a_time_and_an_age(self) -> None:
        assert moment("2026-01-31") == datetime(2026, 1, 31, tzinfo=UTC)
        assert moment("2026-01-31T12:00Z") == datetime(2026, 1, 31, 12, tzinfo=UTC)
        assert abs(timezone.now() - moment("7d") - timedelta(days=7)) < timedelta(minutes=1)

    @pytest.mark.parametrize("text", ["", "yesterday", "2026-02-31", "7w"])
    def test_refuses_anything_else(self, text: str) -> None:
        with pytest.raises(CommandError, match="since"):
            call_command("reconcile", f"--since={text}")


def pay(shop: APIClient, buyer: UUID) -> PlacedOrder:
    order = PlacedOrder(buyer)
    assert shop.post("/api/payments", order.body()).status_code == 201
    order.complete(order.payment())
    run_commands()
    return order


def make_stray(*, confirmed: bool) -> Intent:
    made = Stripe().create_intent(
        amount=Decimal(5),
        currency="USD",
        card="tok_visa",
        payment_id=uuid7(),
        order_id=uuid7(),
        key=str(uuid7()),
    )
    if confirmed:
        Stripe().confirm_intent(made.id, return_url="http://testserver/", key=str(uuid7()))
    return made


def stale(record: ProviderRecord | None) -> ProviderRecord:
    assert record is not None
    return ProviderRecord(**{**vars(record), "held": record.taken, "taken": Decimal(0)})


def reconcile(*options: str) -> tuple[str, list[str]]:
    """Run the command; return its output, and the differences: its exit code must fit them."""
    said, code = StringIO(), 0
    try:
        call_command("reconcile", *options, stdout=said)
    except CommandError as error:
        code = error.returncode
    lines = said.getvalue().splitlines()
    found = [line for line in lines if line.startswith(("payment ", "order ", "intent "))]
    assert code == bool(found)
    return said.getvalue(), found


def differences(*options: str) -> list[str]:
    return reconcile(*options)[1]
