"""Payments that a restore has lost are rebuilt from their own events and from Stripe's records."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from contracts.payment import PaymentStarted
from payments_service.payments import lost_intents, operations, tasks
from payments_service.payments.models import LedgerEntry, OrderReplica, Payment
from payments_service.providers.stripe import Stripe
from payments_service.tests.fake_stripe import FakeStripe
from payments_service.tests.story import PlacedOrder, begin_attempt, request_part_refund, run_commands
from shared_events.envelope import RawEnvelope
from shared_events.ids import uuid7
from shared_events.models import LoggedEvent, OutgoingCommand
from shared_events.outbox.recovery import forget, recover
from shared_events.testing import deliver_batch, enveloped, nothing_recorded, scheduled_commands
from tests.recovering import publish, states

pytestmark = pytest.mark.django_db

AN_HOUR = timedelta(hours=1)
#: What is kept for the buyer's browser, for a request, or of a sync; and what counts refused steps.
UNKNOWN = (
    *("updated_at", "last_progress_at", "client_secret", "next_action_url", "claim_id", "due_at", "lease"),
    *("leased_until", "failure_code", "failure_message", "refusals", "refund_asked_at", "refund_reason"),
)


@pytest.fixture
def orders(shop: APIClient, provider: FakeStripe, buyer: UUID) -> list[PlacedOrder]:
    """A rich history: payments in every state, with and without an intent at Stripe."""
    captured, refunded, voided, declined, authorized, challenged, refused, parted = (
        PlacedOrder(buyer) for _ in range(8)
    )
    for order in (captured, refunded, parted, voided, authorized):
        assert shop.post("/api/payments", order.body()).status_code == 201
    shop.post("/api/payments", declined.body("tok_chargeDeclined"))
    shop.post("/api/payments", refused.body("tok_nonsense"))
    shop.post("/api/payments/intents", {"orderId": str(challenged.id)})
    for order in (captured, refunded, parted):
        order.complete(order.payment())
    voided.cancel()
    run_commands()
    with transaction.atomic():
        payment = refunded.payment()
        operations.request_refund(payment_id=payment.id, reason="Rained off", now=timezone.now())
    request_part_refund(parted, Decimal(5))
    run_commands()
    return [captured, refunded, voided, declined, authorized, challenged, refused, parted]


def entries() -> list[tuple[UUID, str, Decimal, Decimal]]:
    return list(LedgerEntry.objects.values_list("payment_id", "movement", "held", "taken"))


def lose_everything() -> list[RawEnvelope]:
    """Be as a dump that was made before any of it; return what was published."""
    published = publish()
    OutgoingCommand.objects.all().delete()
    LedgerEntry.objects.all()._raw_delete("default")  # type: ignore[attr-defined]
    Payment.objects.all().delete()
    OrderReplica.objects.all().delete()
    LoggedEvent.objects.all().delete()
    return published


@pytest.fixture(autouse=True)
def _ledger_can_be_lost(db: None) -> None:
    """A restore puts an older ledger in the place of ours, which no statement may."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE payments_ledgerentry DISABLE TRIGGER ledger_is_append_only")


def settle(*, later: timedelta = timedelta()) -> None:
    """Let what is due be found and done; `later` is how long ago the requests have ended by then."""
    lost_intents.find_lost_intents(now=timezone.now() + later)
    run_commands()
    Payment.objects.filter(due_at__isnull=False).update(due_at=timezone.now(), leased_until=None)
    tasks.settle_due_payments()
    run_commands()


def redeliver(orders: list[PlacedOrder]) -> None:
    deliver_batch(sorted((one for order in orders for one in order.delivered), key=lambda one: one.position))


class TestRecovery:
    def test_makes_every_payment_and_the_ledger_anew(self, orders: list[PlacedOrder]) -> None:
        before = states(Payment.objects.all(), *UNKNOWN)
        ledger = entries()
        recovered = recover(lose_everything())
        assert recovered.not_rebuilt == {}
        assert Payment.objects.filter(intent_lost=True).count() == len(before)
        redeliver(orders)
        settle(later=AN_HOUR)
        assert states(Payment.objects.all(), *UNKNOWN) == before
        assert sorted(entries()) == sorted(ledger)
        assert not Payment.objects.filter(intent_lost=True).exists()

    def test_records_nothing_that_was_recorded_before(self, orders: list[PlacedOrder]) -> None:
        published = lose_everything()
        recover(published)
        redeliver(orders)
        settle(later=AN_HOUR)
        assert LoggedEvent.objects.count() == len(published)

    def test_calls_no_provider_before_its_order_is_known(
        self, orders: list[PlacedOrder], provider: FakeStripe
    ) -> None:
        recover(lose_everything())
        settle()
        [authorized] = Payment.objects.filter(status="authorized")
        assert Stripe().fetch_intent(str(authorized.intent_id)).state == "authorized"
        assert authorized.due_at is not None

    def test_leaves_newer_rows_alone_and_takes_the_same_twice(self, orders: list[PlacedOrder]) -> None:
        published, before = publish(), states(Payment.objects.all())
        LoggedEvent.objects.filter(position__gt=3).delete()
        recover(published)
        recover(published)
        assert states(Payment.objects.all()) == before

    def test_lets_no_buyer_pay_meanwhile(self, orders: list[PlacedOrder], shop: APIClient) -> None:
        recover(lose_everything())
        authorized = orders[4]
        assert shop.post("/api/payments", authorized.body()).status_code == 400
        redeliver(orders)
        assert (
            shop.post("/api/payments", authorized.body()).json()["errors"][0]["code"] == "order-already-paid"
        )


class TestAnAttemptWithoutAnIntent:
    """Its row is as old as the dump; no event was published afterwards."""

    def test_is_not_abandoned_when_its_money_is_at_stripe(self, provider: FakeStripe, buyer: UUID) -> None:
        payment = begin_attempt(PlacedOrder(buyer)).payment
        made = Stripe().create_intent(
            amount=payment.amount,
            currency="USD",
            card="tok_visa",
            payment_id=payment.id,
            order_id=payment.order_id,
            key=payment.attempt_key("create"),
        )
        Stripe().confirm_intent(made.id, return_url="http://testserver/", key=str(uuid7()))
        recover([])
        Payment.objects.update(due_at=timezone.now(), leased_until=None)
        tasks.begin_searches()
        assert scheduled_commands() == [("payments.find_lost_intents", {})]
        with transaction.atomic():
            assert operations.lease_payment(payment_id=payment.id, now=timezone.now()) is None
        payment.refresh_from_db()
        assert payment.status == "started"
        settle()
        payment.refresh_from_db()
        assert (payment.intent_id, payment.status) == (made.id, "authorized")

    def test_ends_once_stripe_certainly_has_none(self, provider: FakeStripe, buyer: UUID) -> None:
        payment = begin_attempt(PlacedOrder(buyer)).payment
        recover([])
        settle()
        payment.refresh_from_db()
        assert (payment.status, payment.intent_lost) == ("started", True)
        settle(later=AN_HOUR)
        payment.refresh_from_db()
        assert (payment.status, payment.reason_code, payment.due_at) == ("voided", "abandoned", None)

    def test_waits_while_stripe_is_away(self, provider_is_down: None, buyer: UUID) -> None:
        payment = begin_attempt(PlacedOrder(buyer)).payment
        recover([])
        tasks.find_lost_intents()
        payment.refresh_from_db()
        assert (payment.status, payment.intent_lost) == ("started", True)
        assert "find its intent" in payment.next_actor


class TestMoneyThatStripeDoesNotKnow:
    def test_stays_to_be_looked_at(self, provider: FakeStripe, buyer: UUID) -> None:
        """As with another account's key: where its money is can't be found out."""
        order = PlacedOrder(buyer)
        payment = Payment.objects.create(
            order_id=order.id, buyer=buyer, amount=Decimal(5), currency="USD", status="captured",
            created_at=timezone.now() - timedelta(hours=1), intent_lost=True, due_at=timezone.now(),
        )  # fmt: skip
        settle(later=AN_HOUR)
        payment.refresh_from_db()
        assert payment.intent_lost


class TestWhatPublishersHaveLost:
    def test_of_orders_makes_no_newer_one_look_old(self, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        copy = OrderReplica.objects.get(id=order.id)
        forget("order", order.delivered, after=copy.position - 1)
        copy.refresh_from_db()
        assert copy.position == order.delivered[0].position - 1
        with nothing_recorded():
            deliver_batch(order.delivered)


def test_the_placeholder_of_an_order_gives_way_to_any_news(buyer: UUID) -> None:
    state = PaymentStarted(
        order_id=uuid7(), user_id=buyer, amount=Decimal("19.99"), currency="USD", in_browser=False,
        created_at=timezone.now(),
    )  # fmt: skip
    recover([enveloped(state, aggregate_id=uuid7())])
    copy = OrderReplica.objects.get(id=state.order_id)
    assert (copy.position, copy.amount, copy.status) == (0, Decimal("19.99"), "awaiting:payment")
