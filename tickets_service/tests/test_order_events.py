from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from contracts.order import HeldTicket, OrderCancelled, OrderCompleted, OrderCreated, OrderState
from contracts.ticket import TicketReleased, TicketReservationRefused, TicketReserved, TicketSold
from shared_events.ids import uuid7
from shared_events.models import LoggedEvent
from shared_events.testing import deliver, deliver_batch, enveloped, nothing_recorded, recorded_events
from tickets_service.tests.factories import TicketFactory
from tickets_service.tickets.models import Ticket

_FACTS: dict[type[OrderState], dict[str, Any]] = {
    OrderCreated: {},
    OrderCompleted: {"payment_id": uuid7()},
    OrderCancelled: {"cancel_reason": "buyer", "payment_id": None},
}


def _deliver(event: type[OrderState], ticket: Ticket, order_id: UUID, position: int) -> None:
    deliver(_state(event, ticket), aggregate_id=order_id, position=position)
    ticket.refresh_from_db()


def _state(event: type[OrderState], ticket: Ticket) -> OrderState:
    held = HeldTicket(id=ticket.id, title=ticket.title, price=Decimal("19.99"), currency="USD", version=1)
    return event(
        user_id=uuid7(),
        expires_at=timezone.now() + timedelta(minutes=15),
        extended=False,
        created_at=timezone.now(),
        ticket=held,
        **_FACTS[event],
    )


@pytest.mark.django_db
class TestAHold:
    def test_takes_the_ticket_off_sale(self) -> None:
        ticket, order = TicketFactory(), uuid7()
        _deliver(OrderCreated, ticket, order, 1)
        assert (ticket.order_id, ticket.version) == (order, 2)
        [event] = recorded_events()
        assert isinstance(event, TicketReserved)
        assert (event.order_id, event.status) == (order, "reserved")

    def test_that_reaches_a_withdrawn_ticket_is_refused(self) -> None:
        ticket, order = TicketFactory(withdrawn=True), uuid7()
        _deliver(OrderCreated, ticket, order, 1)
        assert ticket.order_id is None
        [event] = recorded_events()
        assert isinstance(event, TicketReservationRefused)
        assert (event.order_id, event.status) == (order, "withdrawn")

    def test_follows_one_whose_end_has_not_been_applied_yet(self) -> None:
        """Orders has one live order per ticket: the end of the first is parked here, and comes too late."""
        ticket, first, second = TicketFactory(), uuid7(), uuid7()
        _deliver(OrderCreated, ticket, first, 1)
        _deliver(OrderCreated, ticket, second, 3)
        with nothing_recorded():
            _deliver(OrderCancelled, ticket, first, 2)
        assert ticket.order_id == second

    def test_delivered_twice_counts_once(self) -> None:
        ticket, order = TicketFactory(), uuid7()
        _deliver(OrderCreated, ticket, order, 1)
        with nothing_recorded():
            _deliver(OrderCreated, ticket, order, 1)

    def test_on_an_unknown_ticket_changes_nothing(self) -> None:
        ticket = TicketFactory.build()
        held = HeldTicket(id=uuid7(), title=ticket.title, price=ticket.price, currency="USD", version=1)
        state = OrderCreated(
            user_id=uuid7(),
            expires_at=timezone.now(),
            extended=False,
            created_at=timezone.now(),
            ticket=held,
        )
        with nothing_recorded():
            deliver(state, aggregate_id=uuid7())


@pytest.mark.django_db
class TestARelease:
    def test_brings_the_ticket_back(self) -> None:
        ticket, order = TicketFactory(), uuid7()
        _deliver(OrderCreated, ticket, order, 1)
        _deliver(OrderCancelled, ticket, order, 2)
        assert (ticket.order_id, ticket.version) == (None, 3)
        event = recorded_events()[-1]
        assert isinstance(event, TicketReleased)
        assert (event.order_id, event.status) == (order, "available")

    def test_of_another_order_changes_nothing(self) -> None:
        ticket, order = TicketFactory(), uuid7()
        _deliver(OrderCreated, ticket, order, 1)
        with nothing_recorded():
            _deliver(OrderCancelled, ticket, uuid7(), 2)
        assert ticket.order_id == order

    def test_of_many_at_once_records_the_cause_of_each(self) -> None:
        held = [(TicketFactory(), uuid7()) for _ in range(3)]
        for position, (ticket, order) in enumerate(held, 1):
            _deliver(OrderCreated, ticket, order, position)
        ends = [
            enveloped(_state(OrderCancelled, ticket), aggregate_id=order, position=position, version=2)
            for position, (ticket, order) in enumerate(held, 4)
        ]
        deliver_batch([*ends, ends[0]])  # the first is redriven right away
        assert sorted(Ticket.objects.values_list("order_id", "version", "order_position")) == [
            (None, 3, 4),
            (None, 3, 5),
            (None, 3, 6),
        ]
        published = LoggedEvent.objects.filter(version=3).values_list("aggregate_id", "causation_id")
        assert dict(published) == {ticket.id: end.id for (ticket, _), end in zip(held, ends, strict=True)}

    def test_after_a_refund_puts_a_sold_ticket_on_sale(self) -> None:
        ticket, order = TicketFactory(), uuid7()
        _deliver(OrderCreated, ticket, order, 1)
        _deliver(OrderCompleted, ticket, order, 2)
        assert ticket.sold
        event = recorded_events()[-1]
        assert isinstance(event, TicketSold)
        assert event.order_id == order
        _deliver(OrderCancelled, ticket, order, 3)
        assert (ticket.sold, ticket.order_id) == (False, None)

    def test_redriven_late_does_not_overwrite_newer_state(self) -> None:
        ticket, old, new = TicketFactory(), uuid7(), uuid7()
        _deliver(OrderCreated, ticket, new, 7)
        with nothing_recorded():
            _deliver(OrderCreated, ticket, old, 3)
        assert ticket.order_id == new
