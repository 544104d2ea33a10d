"""Orders that a restore has lost are made anew from their events; what is read again changes nothing."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone

from contracts import payment as payments
from contracts.ticket import TicketCreated, TicketWithdrawn
from contracts.user import UserReinstated, UserSuspended
from marketplace.users.models import UserReplica
from orders_service.orders import operations
from orders_service.orders.models import POSITION_UNKNOWN, Order, TicketReplica
from orders_service.tests.factories import TicketCopyFactory, UserCopyFactory
from shared_events.envelope import RawEnvelope
from shared_events.ids import uuid7
from shared_events.models import LoggedEvent
from shared_events.outbox.recovery import forget, recover
from shared_events.testing import deliver_batch, enveloped, nothing_recorded
from tests.recovering import lose, lose_and_recover, publish, states

pytestmark = pytest.mark.django_db

#: The fields that no event of an order has.
UNKNOWN = ("updated_at", "last_payment_position")
WHY = {"reason_code": "card_declined", "reason": "No."}


class Payments(list[RawEnvelope]):
    """The payment stream so far; each event is applied at once."""

    def deliver(self, event: type[payments.PaymentState], order: Order, payment: UUID) -> None:
        has_reason = "reason" in event.__struct_fields__
        state = event(
            order_id=order.id,
            user_id=order.user_id,
            amount=order.ticket_price,
            currency="USD",
            in_browser=False,
            created_at=order.created_at,
            **(WHY if has_reason else {}),  # type: ignore[arg-type]
        )
        self.append(enveloped(state, aggregate_id=payment, position=len(self) + 1))
        deliver_batch([self[-1]])


def hold(**fields: Any) -> Order:
    with transaction.atomic():
        return operations.place_order(
            buyer_id=fields.pop("buyer_id", uuid7()),
            ticket_id=fields.pop("ticket_id", None) or TicketCopyFactory().id,
            hold=fields.pop("lasts", timedelta(minutes=15)),
            now=timezone.now(),
        )


def cancel(order: Order) -> None:
    with transaction.atomic():
        operations.cancel_order(order_id=order.id, buyer_id=order.user_id)


def extend(order: Order) -> None:
    with transaction.atomic():
        operations.extend_order(order_id=order.id, buyer_id=order.user_id, now=timezone.now())


@pytest.fixture
def stream() -> Payments:
    """A rich history: orders in every state, on tickets that had others before."""
    stream = Payments()
    for ticket in TicketCopyFactory.create_batch(2):
        cancel(hold(ticket_id=ticket.id))
        hold(ticket_id=ticket.id)
    extended, waiting, reopened, bought, refunded = (hold() for _ in range(5))
    hold(lasts=timedelta(seconds=10))
    extend(extended)
    for order in (waiting, reopened, bought, refunded):
        stream.deliver(payments.PaymentStarted, order, first := uuid7())
        stream.deliver(payments.PaymentDeclined, order, first)
        if order is not reopened:
            stream.deliver(payments.PaymentStarted, order, second := uuid7())
        if order is waiting:
            extend(order)
        if order in (bought, refunded):
            stream.deliver(payments.PaymentAuthorized, order, second)
            stream.deliver(payments.PaymentCaptured, order, second)
    stream.deliver(payments.PaymentRefunded, refunded, second)
    with transaction.atomic():
        operations.expire_due_orders(now=timezone.now() + timedelta(minutes=1), most=9)
    return stream


class TestRecovery:
    def test_makes_every_order_anew(self, stream: Payments) -> None:
        before = states(Order.objects.all(), *UNKNOWN)
        assert {row["status"] for row in before} == {"created", "awaiting:payment", "complete", "cancelled"}
        recovered = lose_and_recover(Order.objects.all())
        assert states(Order.objects.all(), *UNKNOWN) == before
        assert recovered.not_rebuilt == {}

    def test_brings_older_rows_up_to_date_and_leaves_newer_ones_alone(self, stream: Payments) -> None:
        published, before = publish(), states(Order.objects.all(), *UNKNOWN)
        lose(Order.objects.all())
        recover(published[:9])
        recover(published)
        recover(published)
        assert states(Order.objects.all(), *UNKNOWN) == before

    def test_records_nothing_and_schedules_nothing(self, stream: Payments) -> None:
        published = publish()
        Order.objects.all().delete()
        LoggedEvent.objects.filter(position=len(published)).delete()
        recover(published)
        assert LoggedEvent.objects.count() == len(published)

    def test_and_the_payments_that_are_read_again_change_nothing(self, stream: Payments) -> None:
        lose_and_recover(Order.objects.all())
        before = states(Order.objects.all())
        for batch in (*([event] for event in stream), list(stream)):
            with nothing_recorded():
                deliver_batch(batch)
            assert states(Order.objects.all()) == before

    def test_and_a_payment_that_had_not_been_received_takes_its_effect(self, stream: Payments) -> None:
        reopened = Order.objects.filter(status="created", version__gt=2, extended=False).get()
        lose_and_recover(Order.objects.all())
        stream.deliver(payments.PaymentStarted, reopened, third := uuid7())
        order = Order.objects.get(id=reopened.id)
        assert (order.current_payment_id, order.last_payment_position) == (third, len(stream))
        with nothing_recorded():
            deliver_batch(list(stream))
        stream.deliver(payments.PaymentAuthorized, reopened, third)
        assert Order.objects.get(id=reopened.id).status == "complete"


class TestWhatIsReadAgain:
    def test_ends_no_hold_that_began_after_a_suspension_was_lifted(self) -> None:
        user = UserCopyFactory()
        suspended = enveloped(UserSuspended(status="suspended"), aggregate_id=user.id, version=2, position=2)
        reinstated = enveloped(UserReinstated(status="active"), aggregate_id=user.id, version=3, position=3)
        ended = hold(buyer_id=user.id)
        deliver_batch([suspended, reinstated])
        begun = hold(buyer_id=user.id)
        lose_and_recover(Order.objects.all())
        UserReplica.objects.filter(id=user.id).update(version=1)
        with nothing_recorded():
            deliver_batch([suspended, reinstated])
        statuses = [Order.objects.get(id=order.id).status for order in (ended, begun)]
        assert statuses == ["cancelled", "created"]

    def test_ends_a_hold_whose_end_by_a_suspension_was_lost(self) -> None:
        user = UserCopyFactory()
        held = hold(buyer_id=user.id)
        lose_and_recover(Order.objects.all())
        suspended = UserSuspended(status="suspended")
        deliver_batch([enveloped(suspended, aggregate_id=user.id, version=2, position=2)])
        assert Order.objects.get(id=held.id).cancel_reason == "suspended"


class TestWhatPublishersHaveLost:
    def test_of_listings_is_let_go_of(self) -> None:
        def listed(event: Any, of: UUID, version: int, position: int, price: str) -> RawEnvelope:
            state = event(
                title="Front row", price=price, currency="USD", user_id=uuid7(), created_at=timezone.now()
            )
            return enveloped(state, aggregate_id=of, version=version, position=position)

        kept, never = uuid7(), uuid7()
        first = listed(TicketCreated, kept, 1, 1, "10.00")
        lost = [listed(TicketWithdrawn, kept, 2, 2, "10.00"), listed(TicketCreated, never, 1, 3, "10.00")]
        deliver_batch([first, *lost])
        forget("ticket", lost, after=1)
        assert not TicketReplica.objects.filter(id=never).exists()
        deliver_batch([first])
        assert TicketReplica.objects.get(id=kept).withdrawn is False

    def test_of_payments_makes_no_newer_one_look_old(self) -> None:
        stream, order = Payments(), hold()
        stream.deliver(payments.PaymentStarted, order, payment := uuid7())
        stream.deliver(payments.PaymentDeclined, order, payment)
        forget("payment", stream[1:], after=1)
        assert Order.objects.get(id=order.id).last_payment_position == POSITION_UNKNOWN
        stream.pop()
        stream.deliver(payments.PaymentStarted, order, other := uuid7())
        assert Order.objects.get(id=order.id).current_payment_id == other
