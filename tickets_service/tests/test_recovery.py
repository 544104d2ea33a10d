"""Listings that a restore has lost are made anew from their events; what is read again changes nothing."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone

from contracts.order import HeldTicket, OrderCancelled, OrderCompleted, OrderCreated, OrderState
from shared_events.envelope import RawEnvelope
from shared_events.ids import uuid7
from shared_events.models import LoggedEvent
from shared_events.outbox.recovery import forget, recover
from shared_events.testing import deliver_batch, enveloped, nothing_recorded
from tests.recovering import lose, lose_and_recover, publish, states
from tickets_service.tickets import operations
from tickets_service.tickets.models import POSITION_UNKNOWN, Ticket

pytestmark = pytest.mark.django_db

#: The fields that no event of a ticket has.
UNKNOWN = ("updated_at", "order_position")


class OrderEvents(list[RawEnvelope]):
    """The order stream so far; each event is applied at once."""

    def deliver(self, event: type[OrderState], ticket: Ticket, order_id: UUID) -> None:
        held = HeldTicket(
            id=ticket.id, title=ticket.title, price=ticket.price, currency="USD", version=ticket.version
        )
        facts: dict[str, Any] = {"payment_id": uuid7()} if event is not OrderCreated else {}
        facts |= {"cancel_reason": "refunded"} if event is OrderCancelled else {}
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


def list_ticket(**details: Any) -> Ticket:
    with transaction.atomic():
        return operations.create_ticket(
            seller_id=uuid7(),
            details={"title": "Front row", "price": Decimal("19.99"), **details},  # type: ignore[typeddict-item]
            now=timezone.now(),
        )


def edit(ticket: Ticket, price: str) -> None:
    with transaction.atomic():
        locked = operations.lock_own_ticket(ticket_id=ticket.id, seller_id=ticket.user_id)
        operations.update_ticket(ticket=locked, details={"price": Decimal(price)}, now=timezone.now())


def withdraw(ticket: Ticket) -> None:
    with transaction.atomic():
        operations.withdraw_ticket_for_operator(ticket_id=ticket.id, now=timezone.now())


@pytest.fixture
def published() -> OrderEvents:
    """A rich history: listings in every state, most of which were in another order before."""
    published = OrderEvents()
    free, held, sold, given_back, gone, refused = (
        list_ticket(description="With a view", venue="Hall", starts_at=timezone.now()) for _ in range(6)
    )
    for ticket in (free, held, sold, given_back, gone):
        published.deliver(OrderCreated, ticket, first := uuid7())
        published.deliver(OrderCancelled, ticket, first)
        if ticket in (held, sold, given_back):
            edit(ticket, "21.50")
            published.deliver(OrderCreated, ticket, second := uuid7())
        if ticket in (sold, given_back):
            published.deliver(OrderCompleted, ticket, second)
        if ticket is given_back:
            published.deliver(OrderCancelled, ticket, second)
    for ticket in (gone, refused):
        withdraw(ticket)
    published.deliver(OrderCreated, refused, uuid7())
    return published


class TestRecovery:
    def test_makes_every_listing_anew(self, published: OrderEvents) -> None:
        before = states(Ticket.objects.all(), *UNKNOWN)
        recovered = lose_and_recover(Ticket.objects.all())
        assert states(Ticket.objects.all(), *UNKNOWN) == before
        assert recovered.not_rebuilt == {}

    def test_brings_older_rows_up_to_date_and_leaves_newer_ones_alone(self, published: OrderEvents) -> None:
        published, before = publish(), states(Ticket.objects.all(), *UNKNOWN)
        lose(Ticket.objects.all())
        recover(published[:9])
        recover(published)
        recover(published)
        assert states(Ticket.objects.all(), *UNKNOWN) == before

    def test_and_the_orders_that_are_read_again_change_nothing(self, published: OrderEvents) -> None:
        lose_and_recover(Ticket.objects.all())
        before = states(Ticket.objects.all())
        for batch in (*([event] for event in published), list(published)):
            with nothing_recorded():
                deliver_batch(batch)
            assert states(Ticket.objects.all()) == before

    def test_and_an_order_that_had_not_been_received_takes_its_effect(self, published: OrderEvents) -> None:
        lose_and_recover(Ticket.objects.all())
        free = Ticket.objects.filter(order_id=None, withdrawn=False).first()
        assert free is not None
        published.deliver(OrderCreated, free, order := uuid7())
        free.refresh_from_db()
        assert (free.order_id, free.order_position) == (order, len(published))
        with nothing_recorded():
            deliver_batch(list(published))

    def test_and_an_order_whose_effect_was_lost_takes_it_again(self, published: OrderEvents) -> None:
        free = Ticket.objects.filter(order_id=None, withdrawn=False).first()
        assert free is not None
        known = publish()
        published.deliver(OrderCreated, free, order := uuid7())
        lose(Ticket.objects.all(), after=len(known))
        LoggedEvent.objects.all().delete()
        recover(known)
        deliver_batch(list(published))
        free.refresh_from_db()
        assert free.order_id == order
        assert LoggedEvent.objects.filter(position=None).count() == 1


class TestWhatPublishersHaveLost:
    def test_of_orders_makes_no_newer_one_look_old(self) -> None:
        published, ticket = OrderEvents(), list_ticket()
        published.deliver(OrderCreated, ticket, first := uuid7())
        published.deliver(OrderCancelled, ticket, first)
        forget("order", list(published), after=0)
        ticket.refresh_from_db()
        assert ticket.order_position == POSITION_UNKNOWN
        published.clear()
        published.deliver(OrderCreated, ticket, second := uuid7())
        ticket.refresh_from_db()
        assert ticket.order_id == second
