"""Payments compared with orders' own list of its orders."""

from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from contracts.order_export import ExportedOrder
from payments_service.payments.models import OrderReplica, Payment
from payments_service.tests.fake_stripe import FakeStripe
from payments_service.tests.story import PlacedOrder, let_time_pass, recorded, run_commands
from shared_events.ids import uuid7
from shared_events.models import Cursor
from shared_events.testing import nothing_recorded
from tests.exporting import POSITION, exported, write_export

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _new_books(provider: FakeStripe) -> None:
    provider.delete_everything()


@pytest.fixture
def paid(shop: APIClient, buyer: UUID) -> PlacedOrder:
    order = authorized(shop, buyer)
    order.complete(order.payment())
    run_commands()
    return order


def authorized(shop: APIClient, buyer: UUID) -> PlacedOrder:
    order = PlacedOrder(buyer)
    assert shop.post("/api/payments", order.body()).status_code == 201
    return order


def of(order: PlacedOrder, **details: Any) -> ExportedOrder:
    """The order as orders exports it: as payments has it, but for what is given."""
    copy = OrderReplica.objects.get(id=order.id)
    return exported(order.id, **{"status": copy.status, "payment_id": copy.payment_id} | details)


def reconcile(file: Path, *options: str) -> tuple[list[str], int]:
    said, code = StringIO(), 0
    try:
        call_command("reconcile", f"--orders={file}", *options, stdout=said)
    except CommandError as error:
        code = error.returncode
    lines = said.getvalue().splitlines()
    return [line for line in lines if line.startswith(("payment ", "order ", "intent "))], code


class TestReconcile:
    def test_finds_nothing_where_both_agree(
        self, paid: PlacedOrder, shop: APIClient, buyer: UUID, tmp_path: Path
    ) -> None:
        waiting, cancelled = authorized(shop, buyer), PlacedOrder(buyer)
        cancelled.cancel()
        orders = [of(paid), of(waiting, payment_id=waiting.payment().id), of(cancelled)]
        with nothing_recorded():
            assert reconcile(write_export(tmp_path, orders)) == ([], 0)

    def test_finds_money_taken_for_an_order_that_is_lost(self, paid: PlacedOrder, tmp_path: Path) -> None:
        [difference], code = reconcile(write_export(tmp_path))
        assert code == 1
        assert difference.startswith(f"order {paid.id}: orders doesn't have it, and it is complete here")
        assert f"payment {paid.payment().id} is captured (19.99 USD)" in difference
        assert "--end-lost" in difference

    def test_finds_a_lost_order_that_can_still_be_paid(
        self, shop: APIClient, buyer: UUID, tmp_path: Path
    ) -> None:
        held, waiting = PlacedOrder(buyer), authorized(shop, buyer)
        found, _ = reconcile(write_export(tmp_path))
        assert [line.split(":")[0] for line in found] == [f"order {held.id}", f"order {waiting.id}"]
        assert f"payment {waiting.payment().id} is authorized" in found[1]

    def test_finds_an_order_that_payments_never_received(self, tmp_path: Path) -> None:
        order = exported(uuid7())
        [difference], _ = reconcile(write_export(tmp_path, [order]))
        assert difference.startswith(f"order {order.id}: orders has it as created, and it isn't here")
        assert "events replay order --from 1" in difference

    @pytest.mark.parametrize("details", [{"status": "cancelled"}, {"amount": 5}, {"payment_id": UUID(int=9)}])
    def test_finds_an_order_that_is_another_here(
        self, paid: PlacedOrder, tmp_path: Path, details: dict[str, Any]
    ) -> None:
        found, _ = reconcile(write_export(tmp_path, [of(paid, **details)]))
        assert any(line.startswith(f"order {paid.id}: orders says ") for line in found)

    def test_finds_an_unpaid_complete_order(self, paid: PlacedOrder, tmp_path: Path) -> None:
        Payment.objects.filter(order=paid.id).update(status="voided", last_progress_at="2026-01-01T00:00Z")
        found, _ = reconcile(write_export(tmp_path, [of(paid)]), "--since=1m")
        assert any("it is complete, and its payment" in line and "voided" in line for line in found)

    def test_finds_a_complete_order_whose_payment_is_lost(self, buyer: UUID, tmp_path: Path) -> None:
        order, lost = PlacedOrder(buyer), uuid7()
        order.complete(Payment(id=lost))
        found, _ = reconcile(write_export(tmp_path, [of(order)]))
        assert any(f"it is complete, and its payment {lost} isn't here" in line for line in found)

    def test_finds_money_kept_for_another_payments_order(
        self, shop: APIClient, paid: PlacedOrder, tmp_path: Path
    ) -> None:
        payment = paid.payment()
        OrderReplica.objects.filter(id=paid.id).update(payment_id=UUID(int=9))
        Payment.objects.update(last_progress_at="2026-01-01T00:00Z")
        found, _ = reconcile(write_export(tmp_path, [of(paid)]))
        assert any(f"payment {payment.id} keeps 19.99 USD" in line and "settle" in line for line in found)

    def test_leaves_alone_what_moved_since_the_export(self, paid: PlacedOrder, tmp_path: Path) -> None:
        file = write_export(tmp_path, [of(paid, status="created", payment_id=None)])
        OrderReplica.objects.filter(id=paid.id).update(position=POSITION + 1)
        assert reconcile(file) == ([], 0)

    def test_leaves_alone_what_orders_has_not_published_yet(self, tmp_path: Path) -> None:
        assert reconcile(write_export(tmp_path, [exported(uuid7(), is_published=False)])) == ([], 0)

    def test_leaves_alone_what_is_older_than_the_export_goes_back(
        self, paid: PlacedOrder, tmp_path: Path
    ) -> None:
        assert reconcile(write_export(tmp_path, first_id=uuid7())) == ([], 0)

    def test_compares_nothing_before_the_stream_is_read_that_far(
        self, paid: PlacedOrder, tmp_path: Path
    ) -> None:
        file = write_export(tmp_path)
        Cursor.objects.update(position=POSITION - 1)
        assert reconcile(file) == ([], 2)

    def test_says_so_when_it_had_no_export(self, paid: PlacedOrder) -> None:
        said = StringIO()
        call_command("reconcile", stdout=said)
        assert "with --orders" in said.getvalue()


class TestEndLost:
    def test_gives_everything_back_and_says_so(
        self, paid: PlacedOrder, shop: APIClient, buyer: UUID, tmp_path: Path
    ) -> None:
        held, waiting, known = PlacedOrder(buyer), authorized(shop, buyer), authorized(shop, buyer)
        file = write_export(tmp_path, [of(known)])
        said, code = reconcile(file, "--end-lost")
        assert code == 0
        assert len(said) == 3
        assert all(line.endswith("it is ended") for line in said)
        run_commands()
        assert paid.payment().status == "refunded"
        assert waiting.payment().status == "voided"
        assert known.payment().status == "authorized"
        assert recorded()[-2:] == ["refunded", "voided"]
        assert shop.post("/api/payments", held.body()).status_code == 400
        let_time_pass()
        with nothing_recorded():
            assert reconcile(file, "--end-lost") == ([], 0)

    def test_needs_an_export(self) -> None:
        with pytest.raises(CommandError, match="--end-lost"):
            call_command("reconcile", "--end-lost")
