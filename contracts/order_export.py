"""Orders' own list of its orders: `manage orders export_orders` writes it, others compare theirs with it.

One JSON object a line: a header, the orders by their ids, and at the end how many they are, so that a file
that was cut off is noticed. Both sides work line by line: the list may be longer than memory.
"""

import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from pathlib import Path
from typing import Literal, TypeVar
from uuid import UUID

import msgspec

T = TypeVar("T")
R = TypeVar("R", bound="msgspec.Struct")


class UnreadableExport(Exception):
    """The file isn't a whole export of orders; the message says in which line."""


class NotReadThatFar(Exception):
    """Who compares hasn't applied the order stream up to where the export was made."""


class ExportHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What the list is of: orders from `first_id` on, as they were at `position` of the order stream."""

    export: Literal["orders"] = "orders"
    exported_at: datetime
    position: int
    first_id: UUID


class ExportedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order by orders' own row. `is_published`: no event of it waits for its position in the stream.

    `payment_id` is the payment that completed the order, or under way for it.
    """

    id: UUID
    status: Literal["created", "awaiting:payment", "complete", "cancelled"]
    ticket_id: UUID
    amount: Decimal
    currency: str
    payment_id: UUID | None
    is_published: bool

    @property
    def is_live(self) -> bool:
        """Whether the ticket is this order's: held or sold."""
        return self.status != "cancelled"


class ExportEnd(msgspec.Struct, frozen=True, kw_only=True):
    """The last line."""

    orders: int


def lines(header: ExportHeader, orders: Iterable[ExportedOrder]) -> Iterator[str]:
    """Yield the lines of an export; the orders come by id."""
    yield msgspec.json.encode(header).decode()
    count = 0
    for count, order in enumerate(orders, 1):  # noqa: B007 (the last one counts)
        yield msgspec.json.encode(order).decode()
    yield msgspec.json.encode(ExportEnd(orders=count)).decode()


class OrderExport:
    """An export that is read: its header at once, its orders as they are iterated, once."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Read the header. Raises UnreadableExport."""
        self._lines = enumerate(lines, 1)
        number, line = next(self._lines, (1, ""))
        if not line.strip():
            raise UnreadableExport("The export is empty: it was cut off")
        self.header = _decode(number, line, ExportHeader)

    def require_applied(self, position: int) -> None:
        """Require that the order stream is applied as far as the export goes. Raises NotReadThatFar."""
        if position < self.header.position:
            raise NotReadThatFar(
                f"The order stream is read up to {position} of {self.header.position}: wait, then compare"
            )

    def orders(self) -> Iterator[ExportedOrder]:
        """Yield the orders by id. Raises UnreadableExport, also at the end where lines are missing."""
        count, ahead = 0, next(self._lines, None)
        if ahead is None:
            raise UnreadableExport("The export ends after line 1: it was cut off")
        for following in self._lines:
            yield _decode(*ahead, ExportedOrder)
            count, ahead = count + 1, following
        if _decode(*ahead, ExportEnd).orders != count:
            raise UnreadableExport(f"The export has {count} orders, and its last line says otherwise")


@contextmanager
def opened(path: Path) -> Iterator[OrderExport]:
    """Read the export in a file, or from standard input where the path is `-`.

    Raises UnreadableExport and OSError.
    """
    if str(path) == "-":
        yield OrderExport(sys.stdin)
        return
    with path.open() as file:
        yield OrderExport(file)


def paired(
    orders: Iterable[ExportedOrder], rows: Iterable[T], order_id: str
) -> Iterator[tuple[ExportedOrder | None, T | None]]:
    """Yield each order with the row that has its id in the attribute `order_id`, and who has no partner.

    Both come by the order's id. Several rows of one order are several pairs. `rows` are closed at the end,
    whatever happened: a cursor that they are read by must not outlive the transaction.
    """
    with closing(_each(rows)) as theirs:
        yield from _pairs(orders, theirs, attrgetter(order_id))


def _each(rows: Iterable[T]) -> Generator[T, None, None]:
    """Yield the rows: what closes this closes a generator of rows too."""
    yield from rows


def _pairs(
    orders: Iterable[ExportedOrder], theirs: Iterator[T], id_of: Callable[[T], UUID]
) -> Iterator[tuple[ExportedOrder | None, T | None]]:
    row = next(theirs, None)
    for order in orders:
        while row is not None and id_of(row) < order.id:
            yield None, row
            row = next(theirs, None)
        if row is None or id_of(row) != order.id:
            yield order, None
        while row is not None and id_of(row) == order.id:
            yield order, row
            row = next(theirs, None)
    while row is not None:
        yield None, row
        row = next(theirs, None)


def _decode(number: int, line: str, shape: type[R]) -> R:
    try:
        return msgspec.json.decode(line, type=shape)
    except msgspec.MsgspecError as error:
        raise UnreadableExport(
            f"Line {number} of the export is none of an export of orders: {error}"
        ) from error
