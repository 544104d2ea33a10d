"""Orders and copies as tests need them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import factory
from django.utils import timezone

from marketplace.users.models import UserReplica
from orders_service.orders.models import Order, TicketReplica
from shared_events.ids import uuid7


class TicketCopyFactory(factory.django.DjangoModelFactory[TicketReplica]):
    class Meta:
        model = TicketReplica

    id = factory.LazyFunction(uuid7)
    seller_id = factory.LazyFunction(uuid7)
    title = "Front row"
    price = Decimal("19.99")
    currency = "USD"
    version = 1


class UserCopyFactory(factory.django.DjangoModelFactory[UserReplica]):
    class Meta:
        model = UserReplica

    id = factory.LazyFunction(uuid7)
    status = "active"
    version = 1


class OrderFactory(factory.django.DjangoModelFactory[Order]):
    class Meta:
        model = Order

    user_id = factory.LazyFunction(uuid7)
    ticket_id = factory.LazyFunction(uuid7)
    ticket_title = "Front row"
    ticket_price = Decimal("19.99")
    ticket_currency = "USD"
    ticket_version = 1
    created_at = factory.LazyFunction(timezone.now)
    expires_at = factory.LazyAttribute(lambda order: order.created_at + timedelta(minutes=15))


def complete_order(**fields: Any) -> Order:
    """Return a paid order."""
    order: Order = OrderFactory(status="complete", payment_id=fields.pop("payment_id", uuid7()), **fields)
    return order
