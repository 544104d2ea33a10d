from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone

from contracts.ticket import (
    TicketCreated,
    TicketEdited,
    TicketReservationRefused,
    TicketState,
    TicketWithdrawn,
)
from contracts.user import UserReinstated, UserSignedUp, UserSuspended
from marketplace.users.models import UserReplica
from orders_service.orders.models import Order, TicketReplica
from orders_service.tests.factories import OrderFactory, complete_order
from shared_events.ids import uuid7
from shared_events.inbox.subscriptions import dispatch
from shared_events.testing import deliver, enveloped


def _ticket(event: type[TicketState], price: str = "10.00", **facts: Any) -> TicketState:
    return event(
        title="Front row",
        price=Decimal(price),
        currency="USD",
        user_id=uuid7(),
        created_at=timezone.now(),
        **facts,
    )


@pytest.mark.django_db
class TestTicketCopies:
    def test_follow_the_listing(self) -> None:
        ticket = uuid7()
        deliver(_ticket(TicketCreated), aggregate_id=ticket)
        deliver(_ticket(TicketEdited, "12.50"), aggregate_id=ticket, version=2)
        copy = TicketReplica.objects.get()
        assert (copy.id, copy.price, copy.version, copy.withdrawn) == (ticket, Decimal("12.50"), 2, False)

    def test_an_edit_never_moves_a_held_price(self) -> None:
        order = OrderFactory()
        deliver(_ticket(TicketEdited, "99.00"), aggregate_id=order.ticket_id, version=2)
        order.refresh_from_db()
        assert order.ticket_price == Decimal("19.99")


@pytest.mark.django_db
class TestAWithdrawal:
    @pytest.mark.parametrize("status", ["created", "awaiting:payment"])
    def test_ends_the_unpaid_hold_that_it_meets(self, status: str) -> None:
        order = OrderFactory(status=status)
        deliver(_ticket(TicketWithdrawn), aggregate_id=order.ticket_id, version=2)
        order.refresh_from_db()
        assert (order.status, order.cancel_reason) == ("cancelled", "withdrawn")

    def test_leaves_a_paid_order_alone(self) -> None:
        order = complete_order()
        deliver(_ticket(TicketWithdrawn), aggregate_id=order.ticket_id, version=2)
        assert Order.objects.get().status == "complete"


@pytest.mark.django_db
class TestARefusedHold:
    def test_ends_that_order_and_no_other(self) -> None:
        refused, other = OrderFactory(), OrderFactory()
        state = _ticket(TicketReservationRefused, order_id=refused.id)
        deliver(state, aggregate_id=refused.ticket_id, version=3)
        for order in (refused, other):
            order.refresh_from_db()
        assert (refused.status, refused.cancel_reason) == ("cancelled", "withdrawn")
        assert other.status == "created"
        assert TicketReplica.objects.get(id=refused.ticket_id).withdrawn

    def test_stands_once_it_is_paid(self) -> None:
        order = complete_order()
        state = _ticket(TicketReservationRefused, order_id=order.id)
        deliver(state, aggregate_id=order.ticket_id, version=3)
        assert Order.objects.get().status == "complete"


@pytest.mark.django_db
class TestASuspension:
    def test_ends_the_users_unpaid_holds_and_no_others(self) -> None:
        user: UUID = uuid7()
        held, paid, others = OrderFactory(user_id=user), complete_order(user_id=user), OrderFactory()
        deliver(UserSignedUp(status="active"), aggregate_id=user)
        deliver(UserSuspended(status="suspended"), aggregate_id=user, version=2)
        for order in (held, paid, others):
            order.refresh_from_db()
        assert (held.status, held.cancel_reason) == ("cancelled", "suspended")
        assert (paid.status, others.status) == ("complete", "created")
        assert UserReplica.objects.get().status == "suspended"

    def test_that_is_over_ends_no_hold(self) -> None:
        user: UUID = uuid7()
        deliver(UserReinstated(status="active"), aggregate_id=user, version=3)
        held = OrderFactory(user_id=user)
        deliver(UserSuspended(status="suspended"), aggregate_id=user, version=2)
        held.refresh_from_db()
        assert held.status == "created"

    def test_is_applied_by_whichever_handler_has_it_first(self) -> None:
        user: UUID = uuid7()
        held = OrderFactory(user_id=user)
        suspended = enveloped(UserSuspended(status="suspended"), aggregate_id=user, version=2)
        with transaction.atomic():
            dispatch([suspended], lambda one, _: one.name.endswith("cancel_holds_of_user"))
        held.refresh_from_db()
        assert held.cancel_reason == "suspended"
        assert UserReplica.objects.get(id=user).status == "suspended"
