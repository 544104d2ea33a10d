"""The reads."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from payments_service.payments.models import OPEN, OrderCopy, Payment
from payments_service.payments.operations import (
    NotYourPayment,
    OrderNotFound,
    PaymentNotFound,
    require_payable,
)


def find_order(order_id: UUID) -> OrderCopy | None:
    """Return our copy of an order, None while there is none."""
    return OrderCopy.objects.filter(id=order_id).first()


def get_open_attempt(*, order_id: UUID, buyer: UUID, now: datetime) -> Payment | None:
    """Return the attempt that stands in the way of a new one, None when the buyer may begin.

    Raises OrderNotFound, and as `require_payable` where the order can't be paid at all.
    """
    order = find_order(order_id)
    if order is None:
        raise OrderNotFound
    require_payable(order, buyer=buyer, now=now)
    return order.payments.filter(status__in=OPEN).first()


def get_payment(*, payment_id: UUID, buyer: UUID) -> Payment:
    """Return the buyer's own payment. Raises PaymentNotFound, NotYourPayment."""
    payment = Payment.objects.filter(id=payment_id).first()
    if payment is None:
        raise PaymentNotFound
    if payment.buyer != buyer:
        raise NotYourPayment
    return payment


def list_payments(*, buyer: UUID, order_id: UUID | None = None) -> QuerySet[Payment]:
    """Return the buyer's own payments, of one order or all, to be ordered and cut by the page."""
    payments = Payment.objects.filter(buyer=buyer)
    return payments if order_id is None else payments.filter(order_id=order_id)
