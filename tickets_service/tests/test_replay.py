"""A stream that is read again changes nothing."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from contracts.order import HeldTicket, OrderCancelled, OrderCompleted, OrderCreated, OrderState
from shared_events.envelope import RawEnvelope
from shared_events.ids import uuid7
from shared_events.testing import deliver_batch, enveloped
from tests.replaying import replay
from tickets_service.tests.factories import TicketFactory
from tickets_service.tickets.models import Ticket

pytestmark = pytest.mark.django_db


class OrderEvents(list[RawEnvelope]):
    """The order stream so far; each event is applied at once."""

    def deliver(self, event: type[OrderState], ticket: Ticket, order_id: UUID, **facts: Any) -> None:
        held = HeldTicket(
            id=ticket.id, title=ticket.title, price=ticket.price, currency="USD", version=ticket.version
        )
        state = event(
            user_id=uuid7(),
            expires_at=timezone.now() + timedelta(minutes=15),
            extended=False,
            created_at=timezone.now(),
            ticket=held,
            **facts,
        )
        self.append(enveloped(state, aggregate_id=order_id, position=len(self) + 1))
        deliver_batch([self[-1]])


class TestTheOrderStream:
    def test_reserves_and_frees_nothing_again(self) -> None:
        orders = OrderEvents()
        free, held, sold, given_back, gone = TicketFactory.create_batch(5)
        for ticket in (free, held, sold, given_back):
            first, second = uuid7(), uuid7()
            orders.deliver(OrderCreated, ticket, first)
            orders.deliver(OrderCancelled, ticket, first, cancel_reason="expired", payment_id=None)
            if ticket is not free:
                orders.deliver(OrderCreated, ticket, second)
            if ticket in (sold, given_back):
                orders.deliver(OrderCompleted, ticket, second, payment_id=uuid7())
            if ticket is given_back:
                orders.deliver(OrderCancelled, ticket, second, cancel_reason="refunded", payment_id=uuid7())
        Ticket.objects.filter(id=gone.id).update(withdrawn=True)
        orders.deliver(OrderCreated, gone, uuid7())
        replay(orders)
        standing = Ticket.objects.order_by("id").values_list("order_id", "sold", "withdrawn")
        assert [(order is not None, sold, withdrawn) for order, sold, withdrawn in standing] == [
            (False, False, False),
            (True, False, False),
            (True, True, False),
            (False, False, False),
            (False, False, True),
        ]
