"""Listings as tests need them."""

from datetime import datetime
from decimal import Decimal

import factory
from django.utils import timezone

from marketplace.users.models import UserReplica
from shared_events.ids import uuid7
from tickets_service.tickets.models import Ticket


class TicketFactory(factory.django.DjangoModelFactory[Ticket]):
    class Meta:
        model = Ticket

    user_id = factory.LazyFunction(uuid7)
    title = "Front row"
    price = Decimal("19.99")
    created_at: datetime = factory.LazyFunction(timezone.now)
    updated_at: datetime = factory.SelfAttribute("created_at")


class UserCopyFactory(factory.django.DjangoModelFactory[UserReplica]):
    class Meta:
        model = UserReplica

    id = factory.LazyFunction(uuid7)
    status = "active"
    version = 1
