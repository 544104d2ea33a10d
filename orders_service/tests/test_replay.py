"""A stream that is read again changes nothing, while people go on buying."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone

from contracts import payment as payments
from contracts import ticket as tickets
from orders_service.orders import operations
from orders_service.orders.models import Order, TicketReplica
from orders_service.tests.factories import OrderFactory
from shared_events.contracts import Event
from shared_events.envelope import RawEnvelope
from shared_events.ids import uuid7
from shared_events.testing import deliver_batch, enveloped
from tests.replaying import replay

pytestmark = pytest.mark.django_db


class Stream(list[RawEnvelope]):
    """What was published so far; each event is applied at once."""

    def deliver(self, event: Event, aggregate_id: UUID) -> None:
        version = 1 + sum(one.aggregate_id == aggregate_id for one in self)
        self.append(enveloped(event, aggregate_id=aggregate_id, version=version, position=len(self) + 1))
        deliver_batch([self[-1]])


@pytest.fixture
def stream() -> Stream:
    return Stream()


def listed(event: type[tickets.TicketState], price: str, **facts: Any) -> tickets.TicketState:
    return event(
        title="Front row",
        price=Decimal(price),
        currency="USD",
        user_id=uuid7(),
        created_at=timezone.now(),
        **facts,
    )


def buy(ticket_id: UUID) -> Order:
    with transaction.atomic():
        return operations.place_order(
            buyer_id=uuid7(), ticket_id=ticket_id, hold=timedelta(minutes=15), now=timezone.now()
        )


class TestTheTicketStream:
    @pytest.fixture
    def on_sale(self, stream: Stream) -> list[UUID]:
        """Tickets that were dearer once, had been held, and are free."""
        ids = [uuid7() for _ in range(40)]
        for one in ids:
            stream.deliver(listed(tickets.TicketCreated, "10.00"), one)
            stream.deliver(listed(tickets.TicketReserved, "10.00", order_id=uuid7()), one)
            stream.deliver(listed(tickets.TicketReleased, "10.00", order_id=uuid7()), one)
            stream.deliver(listed(tickets.TicketEdited, "12.50"), one)
        return ids

    @pytest.fixture
    def gone(self, stream: Stream) -> UUID:
        """A listing that was withdrawn, and refused a hold that came too late."""
        one = uuid7()
        stream.deliver(listed(tickets.TicketCreated, "10.00"), one)
        stream.deliver(listed(tickets.TicketWithdrawn, "10.00"), one)
        stream.deliver(listed(tickets.TicketReservationRefused, "10.00", order_id=uuid7()), one)
        return one

    def test_sells_at_the_newest_price_and_nothing_that_is_gone(
        self, stream: Stream, on_sale: list[UUID], gone: UUID
    ) -> None:
        free = iter(on_sale)

        def people_buy() -> None:
            with pytest.raises(operations.TicketNotFound):
                buy(gone)
            if (chosen := next(free, None)) is not None:
                assert (order := buy(chosen)).ticket_price == Decimal("12.50")
                assert order.ticket_version == 4

        replay(stream, people_buy)
        assert Order.objects.count() == len(on_sale)

    def test_ends_no_hold_by_an_old_withdrawal(self, stream: Stream, gone: UUID) -> None:
        """As if the withdrawal had met a hold that was to be left alone, whatever the reason."""
        OrderFactory(ticket_id=gone)
        replay(stream)
        assert Order.objects.get().status == "created"

    def test_is_taken_up_where_it_is_newer_within_one_batch(self, stream: Stream) -> None:
        one = uuid7()
        stream.deliver(listed(tickets.TicketCreated, "10.00"), one)
        edits = [
            enveloped(
                listed(tickets.TicketEdited, price), aggregate_id=one, version=version, position=version
            )
            for version, price in ((2, "11.00"), (3, "12.00"))
        ]
        deliver_batch([*edits, edits[0]])
        assert TicketReplica.objects.values_list("price", "version").get() == (Decimal("12.00"), 3)


class TestThePaymentStream:
    def test_changes_no_order(self, stream: Stream) -> None:
        def paid(event: type[payments.PaymentState], order: Order, payment: UUID, **why: str) -> None:
            state = event(
                order_id=order.id,
                user_id=order.user_id,
                amount=order.ticket_price,
                currency="USD",
                in_browser=False,
                created_at=order.created_at,
                **why,  # type: ignore[arg-type]
            )
            stream.deliver(state, payment)

        why = {"reason_code": "card_declined", "reason": "No."}
        bought, waiting, refunded = OrderFactory(), OrderFactory(), OrderFactory()
        for order, first, second in ((each, uuid7(), uuid7()) for each in (bought, waiting, refunded)):
            paid(payments.PaymentStarted, order, first)
            paid(payments.PaymentDeclined, order, first, **why)
            paid(payments.PaymentStarted, order, second)
            if order is not waiting:
                paid(payments.PaymentAuthorized, order, second)
                paid(payments.PaymentCaptured, order, second)
            if order is refunded:
                paid(payments.PaymentRefunded, order, second, **why)
        replay(stream)
        statuses = [Order.objects.get(id=order.id).status for order in (bought, waiting, refunded)]
        assert statuses == ["complete", "awaiting:payment", "cancelled"]
