"""The lease that one sync has at a time, and the sweep that settles what is due."""

from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone

from payments_service.payments import operations, paying, tasks
from payments_service.payments.models import LEASE, Failure, Intent, IntentState
from payments_service.providers.stripe import Stripe
from payments_service.tests.attempts import add_unknown_intent, lease
from payments_service.tests.fake_stripe import FakeStripe
from payments_service.tests.story import (
    PlacedOrder,
    begin_attempt,
    let_time_pass,
    recorded,
    run_commands,
    sweep,
)
from shared_events.models import OutgoingCommand

pytestmark = pytest.mark.django_db


class TestTheLease:
    def test_allows_one_sync_at_a_time(self, order: PlacedOrder) -> None:
        first = lease(order)
        assert first is not None
        assert lease(order) is None

    def test_ends_by_itself(self, order: PlacedOrder) -> None:
        lease(order)
        assert lease(order, later=LEASE) is not None

    def test_lets_a_sync_that_was_overtaken_write_nothing(
        self, order: PlacedOrder, provider: FakeStripe
    ) -> None:
        slow = lease(order)
        assert slow is not None
        order.cancel()
        let_time_pass()
        sweep()
        stale = Intent(provider="Stripe", id=slow.intent_id, state=IntentState.CAPTURED, client_secret="")
        with transaction.atomic():
            payment = operations.record_sync(
                lease=slow, result=operations.SyncResult(intent=stale), now=timezone.now()
            )
        assert payment.status == "voided"

    def test_lets_an_abandoned_attempt_end_once(self, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        slow = begin_attempt(order)
        let_time_pass()
        sweep()
        paying._end_attempt(slow, "declined", Failure(code="stolen_card", message="Declined."))
        assert (order.payment().status, recorded()) == ("voided", ["started", "voided"])

    def test_leaves_a_payment_due_that_became_due_during_the_sync(
        self, order: PlacedOrder, provider: FakeStripe
    ) -> None:
        sync = lease(order)
        assert sync is not None
        seen = Stripe().fetch_intent(sync.intent_id)
        order.complete(order.payment())
        run_commands()
        assert order.payment().status == "authorized"
        with transaction.atomic():
            operations.record_sync(lease=sync, result=operations.SyncResult(intent=seen), now=timezone.now())
        run_commands()
        assert order.payment().status == "captured"


class TestTheSweep:
    def test_sends_each_due_payment_once(self, order: PlacedOrder) -> None:
        let_time_pass()
        assert tasks.settle_due_payments() == 1
        assert tasks.settle_due_payments() == 0
        assert OutgoingCommand.objects.count() == 1

    @pytest.mark.usefixtures("provider_is_down")
    def test_goes_on_trying_while_stripe_is_away(self, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        add_unknown_intent(order)
        for _ in range(2):
            let_time_pass()
            sweep()
            payment = order.payment()
            assert payment.status == "started"
            assert payment.due_at is not None
            assert payment.leased_until is None

    def test_survives_an_intent_that_stripe_has_forgotten(self, provider: FakeStripe, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        add_unknown_intent(order)
        let_time_pass()
        sweep()
        assert order.payment().status == "started"
