from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from contracts.order_export import ExportedOrder, OrderExport
from orders_service.orders import operations
from orders_service.orders.models import Order
from orders_service.tests.factories import OrderFactory, complete_order
from shared_events.ids import uuid7
from tests.recovering import publish

# The export reads by a snapshot of its own, which only the first statement of a transaction can ask for.
pytestmark = pytest.mark.django_db(transaction=True)


def export(*options: str) -> OrderExport:
    said = StringIO()
    call_command("export_orders", *options, stdout=said)
    return OrderExport(said.getvalue().splitlines())


def cancel(order: Order) -> None:
    with transaction.atomic():
        operations.cancel_order(order_id=order.id, buyer_id=order.user_id)


class TestExportOrders:
    def test_writes_every_order_by_its_id(self) -> None:
        paid, held, gone = complete_order(), OrderFactory(current_payment_id=uuid7()), OrderFactory()
        Order.objects.filter(id=held.id).update(status="awaiting:payment")
        cancel(gone)
        publish()
        orders = list(export().orders())
        assert [order.id for order in orders] == sorted((paid.id, held.id, gone.id))
        by_id = {order.id: order for order in orders}
        assert by_id[paid.id] == ExportedOrder(
            id=paid.id, status="complete", ticket_id=paid.ticket_id, amount=paid.ticket_price, currency="USD",
            payment_id=paid.payment_id, is_published=True,
        )  # fmt: skip
        assert by_id[held.id].payment_id == held.current_payment_id
        assert (by_id[gone.id].status, by_id[gone.id].is_live) == ("cancelled", False)

    def test_says_where_the_stream_is_and_what_waits_for_its_position(self) -> None:
        first, second = OrderFactory(), OrderFactory()
        cancel(first)
        publish()
        cancel(second)
        found = export()
        assert found.header.position == 1
        assert {order.id: order.is_published for order in found.orders()} == {
            first.id: True,
            second.id: False,
        }

    def test_is_whole_when_there_is_nothing(self) -> None:
        found = export()
        assert (found.header.position, list(found.orders())) == (0, [])

    def test_leaves_out_orders_from_before_since(self) -> None:
        old = OrderFactory(id=UUID(int=0x018F << 112))
        new = OrderFactory()
        found = export("--since=1d")
        assert [order.id for order in found.orders()] == [new.id]
        assert old.id < found.header.first_id <= new.id

    def test_refuses_a_time_that_is_none(self) -> None:
        with pytest.raises(CommandError, match="since"):
            call_command("export_orders", "--since=yesterday")

    def test_reads_one_moment_only(self) -> None:
        """Position and orders belong together, however long the writing takes."""
        cancel(OrderFactory())
        publish()
        statements: list[str] = []

        def change_meanwhile(execute: Any, sql: str, *rest: Any) -> Any:
            statements.append(sql)
            if len(statements) == 3:  # the snapshot is taken, the position read
                with ThreadPoolExecutor(1) as other:
                    other.submit(_elsewhere).result()
            return execute(sql, *rest)

        with connection.execute_wrapper(change_meanwhile):
            found = export()
        assert (found.header.position, len(list(found.orders()))) == (1, 1)
        assert Order.objects.count() == 2


def _elsewhere() -> None:
    cancel(OrderFactory())
    publish()
    connection.close()
