"""Comparing the replicas of orders with orders' own list of them: after a restore the two may differ.

Nothing is locked and nothing is changed. What has changed since the list was made, or is still being settled,
isn't compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from contracts.order_export import ExportedOrder, OrderExport, paired
from payments_service.payments import queries
from payments_service.payments.models import PAID, OrderReplica, Payment, Status

_OPEN = ("created", "awaiting:payment")
_END_LOST = "end it, and have everything given back, by `reconcile --orders FILE --end-lost`"
_READ_AGAIN = (
    "look into `events dead-letters`; if it isn't there, have the stream taken once more: "
    "`events replay order --from 1`"
)


class Difference(NamedTuple):
    """What differs and what to do about it. `lost_order` is alive here, and orders doesn't have it."""

    words: str
    lost_order: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class OrderComparison:
    """One comparison. An unsettled payment with progress after `under_way_since` isn't compared."""

    export: OrderExport
    under_way_since: datetime

    def differences(self) -> Iterator[Difference]:
        """Yield each difference in words, by the orders' ids. Raises UnreadableExport."""
        copies = queries.list_orders_with_payments(first_id=self.export.header.first_id)
        for order, copy in paired(self.export.orders(), copies, "id"):
            if copy is not None and copy.position > self.export.header.position:
                continue
            if order is not None:
                yield from map(Difference, self._of_order(order, copy))
            elif copy is not None and not copy.is_cancelled:
                yield Difference(self._of_lost(copy), copy.id)

    def _of_lost(self, copy: OrderReplica) -> str:
        paid = [
            f", and payment {payment.id} is {payment.status} ({payment.amount} {payment.currency})"
            for payment in copy.payments.all()
            if payment.status in PAID
        ]
        here = f"it is {copy.status} here{''.join(paid)}"
        return f"order {copy.id}: orders doesn't have it, and {here}: {_END_LOST}"

    def _of_order(self, order: ExportedOrder, copy: OrderReplica | None) -> Iterator[str]:
        if not order.is_published:
            return
        if copy is None:
            yield f"order {order.id}: orders has it as {order.status}, and it isn't here: {_READ_AGAIN}"
            return
        ours, theirs = _of_copy(copy), _of_export(order)
        if ours != theirs:
            yield f"order {order.id}: orders says {theirs}, and here it is {ours}: {_READ_AGAIN}"
        payments = {payment.id: payment for payment in copy.payments.all()}
        due = order.payment_id if order.status == "complete" else None
        if due is not None:
            yield from self._of_paid(order, payments.get(due))
        for payment in payments.values():
            if payment.id != due and self._keeps_money(payment, order):
                kept = f"payment {payment.id} keeps {payment.net_amount} {payment.currency}"
                mend = "settle it, or refund it, in the payments admin"
                yield f"order {order.id}: it is {order.status}, and {kept}: {mend}"

    def _of_paid(self, order: ExportedOrder, payment: Payment | None) -> Iterator[str]:
        if payment is None:
            yield (
                f"order {order.id}: it is complete, and its payment {order.payment_id} isn't here: recover "
                "payments' log from what orders received (`events recover`)"
            )
        elif payment.status != Status.CAPTURED and not self._is_moving(payment):
            yield (
                f"order {order.id}: it is complete, and its payment {payment.id} is {payment.status}: settle "
                "it in the payments admin"
            )

    def _keeps_money(self, payment: Payment, order: ExportedOrder) -> bool:
        waits_for_order = payment.status == Status.AUTHORIZED and order.status in _OPEN
        return payment.status in PAID and not waits_for_order and not self._is_moving(payment)

    def _is_moving(self, payment: Payment) -> bool:
        is_newer = payment.last_progress_at > self.export.header.exported_at
        return is_newer or payment.is_under_way(self.under_way_since)


def _of_copy(copy: OrderReplica) -> str:
    by = f" by payment {copy.payment_id}" if copy.status == "complete" else ""
    return f"{copy.status}{by}, {copy.amount:.2f} {copy.currency}"


def _of_export(order: ExportedOrder) -> str:
    by = f" by payment {order.payment_id}" if order.status == "complete" else ""
    return f"{order.status}{by}, {order.amount:.2f} {order.currency}"
