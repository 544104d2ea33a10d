"""What others have told about orders and users."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from contracts.order import OrderState
from payments_service.payments.models import LIVE, OrderCopy, UserCopy
from payments_service.payments.operations.triggers import settle_soon


def keep_order(*, order_id: UUID, state: OrderState, position: int) -> OrderCopy:
    """Keep our copy of an order up to date; what is older than the copy changes nothing."""
    order = OrderCopy.objects.select_for_update().filter(id=order_id).first() or OrderCopy(id=order_id)
    if position > order.position:
        order.buyer, order.expires_at, order.status = state.user_id, state.expires_at, state.status
        order.amount, order.currency = state.ticket.price, state.ticket.currency
        order.payment_id, order.cancel_reason = state.payment_id, state.cancel_reason or ""
        order.position = position
        order.save()
    return order


def end_order(*, order_id: UUID, state: OrderState, position: int, now: datetime) -> None:
    """The order was completed or cancelled: its payments have a new goal now."""
    order = keep_order(order_id=order_id, state=state, position=position)
    of_order = Q(order=order) & (Q(status__in=LIVE) | Q(due_at__isnull=False))
    settle_soon(of_order, now, with_new_goal=True)


def keep_user(*, user_id: UUID, status: str, position: int) -> None:
    """Keep our copy of a user's standing up to date."""
    user = UserCopy.objects.select_for_update().filter(id=user_id).first() or UserCopy(id=user_id)
    if position > user.position:
        user.status, user.position = status, position
        user.save()
