"""The locks of everything about an order's money: first the order's replica, then the payment."""

from uuid import UUID

from payments_service.payments.models import OrderReplica, Payment
from service_defaults.errors import NotFound


class OrderNotFound(NotFound):
    """Order not found."""

    field = "orderId"


class PaymentNotFound(NotFound):
    """Payment not found."""


def lock_order(order_id: UUID) -> OrderReplica:
    """Return the order's replica, locked. Raises OrderNotFound."""
    order = OrderReplica.objects.select_for_update().filter(id=order_id).first()
    if order is None:
        raise OrderNotFound
    return order


def lock_payment(payment_id: UUID) -> tuple[OrderReplica, Payment]:
    """Return the order's replica and the payment, locked in this order. Raises PaymentNotFound."""
    order_id = Payment.objects.filter(id=payment_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise PaymentNotFound
    return lock_order(order_id), Payment.objects.select_for_update().get(id=payment_id)
