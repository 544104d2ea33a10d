from decimal import Decimal
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.test import Client
from rest_framework.test import APIClient

from payments_service.payments import operations
from payments_service.payments.models import (
    IntentState,
    LedgerEntry,
    Movement,
    Payment,
    entry_of,
    movements_due,
)
from payments_service.tests.fake_stripe import FakeStripe
from payments_service.tests.story import PlacedOrder, let_time_pass, run_commands, sweep
from service_defaults.testing import token_for
from shared_events.ids import uuid7

pytestmark = pytest.mark.django_db

PRICE = Decimal("19.99")


@pytest.fixture
def order(shop: APIClient, provider: FakeStripe, buyer: UUID) -> PlacedOrder:
    """An order whose payment is authorised."""
    placed = PlacedOrder(buyer)
    assert shop.post("/api/payments", placed.body()).status_code == 201
    return placed


class TestTheLedger:
    def test_begins_with_the_authorisation(self, order: PlacedOrder) -> None:
        assert movements(order) == ["authorized"]
        assert sums(order) == (PRICE, 0)

    def test_moves_what_was_held_to_what_was_taken(self, order: PlacedOrder) -> None:
        order.complete(order.payment())
        run_commands()
        assert movements(order) == ["authorized", "captured"]
        assert sums(order) == (0, PRICE)

    def test_is_even_after_a_refund(self, order: PlacedOrder) -> None:
        order.complete(order.payment())
        run_commands()
        order.cancel("operator")
        run_commands()
        assert movements(order) == ["authorized", "captured", "refunded"]
        assert sums(order) == (0, 0)

    def test_is_even_after_a_void(self, order: PlacedOrder) -> None:
        order.cancel()
        run_commands()
        assert movements(order) == ["authorized", "voided"]
        assert sums(order) == (0, 0)

    def test_is_even_after_a_failed_capture(self, order: PlacedOrder, provider: FakeStripe) -> None:
        provider.cancel(order.payment().intent_id)
        order.complete(order.payment())
        run_commands()
        assert movements(order) == ["authorized", "voided"]

    def test_says_nothing_of_what_moved_nothing(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        shop.post("/api/payments", order.body("tok_chargeDeclined"))
        run_commands()
        assert movements(order) == []

    def test_makes_up_for_what_happened_unseen(self, order: PlacedOrder, provider: FakeStripe) -> None:
        order.complete(order.payment())
        run_commands()
        provider.refund(order.payment().intent_id)
        with transaction.atomic():
            operations.settle_now(payment_id=order.payment().id, now=order.payment().updated_at)
        let_time_pass()
        sweep()
        assert movements(order) == ["authorized", "captured", "refunded"]

    def test_writes_each_movement_once(self, order: PlacedOrder) -> None:
        for _ in range(3):
            let_time_pass()
            sweep()
        assert movements(order) == ["authorized"]

    @pytest.mark.parametrize(
        ("state", "written", "due"),
        [
            (IntentState.CHALLENGED, set(), []),
            (IntentState.CANCELED, set(), []),
            (IntentState.REFUNDED, set(), ["authorized", "captured"]),
            (IntentState.AUTHORIZED, {"authorized", "captured"}, []),
            (IntentState.CANCELED, {"authorized", "captured"}, []),
            (IntentState.CANCELED, {"authorized", "voided"}, []),
            (IntentState.CAPTURED, {"authorized"}, ["captured"]),
        ],
    )
    def test_only_goes_forward(self, state: IntentState, written: set[str], due: list[str]) -> None:
        assert movements_due(state, written) == due


class TestTheDatabase:
    @pytest.mark.parametrize(
        "change", ["UPDATE payments_ledgerentry SET held = 1", "DELETE FROM payments_ledgerentry"]
    )
    def test_lets_no_one_change_an_entry(self, order: PlacedOrder, change: str) -> None:
        with (
            pytest.raises(IntegrityError, match="only ever added to"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(change)
        assert sums(order) == (PRICE, 0)

    def test_takes_each_movement_once(self, order: PlacedOrder) -> None:
        with pytest.raises(IntegrityError, match="one_entry_per_movement"), transaction.atomic():
            entry_of(order.payment(), Movement.AUTHORIZED).save()

    def test_refuses_an_entry_that_says_two_things(self, order: PlacedOrder) -> None:
        entry = entry_of(order.payment(), Movement.CAPTURED)
        entry.held = Decimal(0)
        with pytest.raises(IntegrityError, match="entry_fits_its_movement"), transaction.atomic():
            entry.save()


class TestTheOperatorsLedger:
    def test_is_there_to_read_and_nothing_else(self, order: PlacedOrder) -> None:
        staff_client = Client()
        staff_client.cookies["access_token"] = token_for(uuid7(), staff=True, role="money")
        staff_client.get("/admin/payments/", follow=True)
        entry = LedgerEntry.objects.get(payment=order.payment())
        place = "/admin/payments/payments/ledgerentry/"
        assert str(order.payment().id) in staff_client.get(place).content.decode()
        assert staff_client.get(f"{place}{entry.id}/change/").status_code == 200
        assert staff_client.post(f"{place}{entry.id}/change/", {"held": "1"}).status_code == 403
        assert staff_client.post(f"{place}{entry.id}/delete/", {"post": "yes"}).status_code == 403
        page = staff_client.get(
            f"/admin/payments/payments/payment/{order.payment().id}/change/"
        ).content.decode()
        assert "19.99" in page


def movements(order: PlacedOrder) -> list[str]:
    return list(
        LedgerEntry.objects.filter(payment__order=order.id).order_by("id").values_list("movement", flat=True)
    )


def sums(order: PlacedOrder) -> tuple[Decimal, Decimal]:
    payments = Payment.objects.filter(order=order.id)
    total = payments.aggregate(held=Sum("entries__held"), taken=Sum("entries__taken"))
    return total["held"], total["taken"]
