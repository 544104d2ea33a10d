"""Orders' list of its orders is read as it was written, and not at all where it was cut off."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import pytest

from contracts.order_export import (
    ExportedOrder,
    ExportHeader,
    NotReadThatFar,
    OrderExport,
    UnreadableExport,
    lines,
    paired,
)
from tests.exporting import exported

HEADER = ExportHeader(exported_at=datetime(2026, 1, 31, tzinfo=UTC), position=7, first_id=UUID(int=0))
ORDERS = [exported(UUID(int=number)) for number in (2, 4, 6)]


class Row(NamedTuple):
    order: UUID


class TestAnExport:
    def test_is_read_as_it_was_written(self) -> None:
        export = OrderExport(lines(HEADER, ORDERS))
        assert (export.header, list(export.orders())) == (HEADER, ORDERS)

    @pytest.mark.parametrize("missing", range(5))
    def test_is_not_believed_when_a_line_is_missing(self, missing: int) -> None:
        text = [line for number, line in enumerate(lines(HEADER, ORDERS)) if number != missing]
        with pytest.raises(UnreadableExport):
            list(OrderExport(text).orders())

    def test_compares_with_no_service_that_is_behind(self) -> None:
        export = OrderExport(lines(HEADER, []))
        export.require_applied(7)
        with pytest.raises(NotReadThatFar, match="up to 6 of 7"):
            export.require_applied(6)


class TestPaired:
    def test_finds_partners_and_those_who_have_none(self) -> None:
        rows = [Row(UUID(int=number)) for number in (1, 4, 4, 6, 9)]
        found = [
            (order.id.int if order else None, row.order.int if row else None)
            for order, row in paired(ORDERS, rows, "order")
        ]
        assert found == [(None, 1), (2, None), (4, 4), (4, 4), (6, 6), (None, 9)]

    def test_closes_the_rows_when_the_orders_can_not_be_read(self) -> None:
        """They may be read by a cursor: left open, it would be closed in another caller's transaction."""
        closed = []

        def rows() -> Iterator[Row]:
            try:
                yield Row(UUID(int=1))
            finally:
                closed.append(True)

        def orders() -> Iterator[ExportedOrder]:
            raise UnreadableExport("no export")
            yield from ORDERS

        with pytest.raises(UnreadableExport) as raised:
            list(paired(orders(), rows(), "order"))
        assert raised.value
        assert closed
