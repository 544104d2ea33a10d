from decimal import Decimal

import pytest
from django.db import transaction

from payments_service.payments.models import Failure, Intent, IntentState
from payments_service.providers import ProviderDeclined, ProviderRefused, ProviderUnavailable
from payments_service.providers.stripe import Stripe
from payments_service.tests.fake_stripe import FakeStripe
from shared_events.ids import uuid7

pytestmark = pytest.mark.django_db

ORDER = uuid7()
PAGE = f"http://testserver/orders/{ORDER}"


def create(card: str | None = "pm_card_visa", amount: str = "19.99", key: str = "") -> Intent:
    return Stripe().create_intent(
        amount=Decimal(amount),
        currency="USD",
        card=card,
        payment_id=uuid7(),
        order_id=ORDER,
        key=key or str(uuid7()),
    )


class TestStripe:
    @pytest.mark.parametrize(
        "call",
        [
            create,
            lambda: Stripe().confirm_intent("pi_1", return_url=PAGE, key="k"),
            lambda: Stripe().capture_intent("pi_1", key="k"),
            lambda: Stripe().cancel_intent("pi_1", key="k"),
            lambda: Stripe().refund_intent("pi_1", key="k"),
            lambda: Stripe().fetch_intent("pi_1"),
        ],
        ids=["create", "confirm", "capture", "cancel", "refund", "fetch"],
    )
    def test_refuses_to_be_called_inside_a_transaction(self, provider: FakeStripe, call) -> None:
        with transaction.atomic(), pytest.raises(RuntimeError, match="inside a transaction"):
            call()

    def test_requests_the_exact_amount(self, provider: FakeStripe) -> None:
        assert provider.intent(create(amount="1234567.89").id)["amount"] == 123456789

    def test_authorises_captures_and_refunds_an_intent(self, provider: FakeStripe) -> None:
        intent = create()
        assert intent.state is IntentState.UNCONFIRMED
        assert (
            Stripe().confirm_intent(intent.id, return_url=PAGE, key=f"a{intent.id}").state
            is IntentState.AUTHORIZED
        )
        assert Stripe().capture_intent(intent.id, key=f"b{intent.id}").state is IntentState.CAPTURED
        assert Stripe().refund_intent(intent.id, key=f"c{intent.id}").state is IntentState.REFUNDED

    def test_does_nothing_twice_under_one_key(self, provider: FakeStripe) -> None:
        intent = create()
        Stripe().confirm_intent(intent.id, return_url=PAGE, key="a" + intent.id)
        states = [Stripe().capture_intent(intent.id, key="b" + intent.id).state for _ in range(2)]
        assert states == [IntentState.CAPTURED, IntentState.CAPTURED]

    def test_returns_a_decline_with_stripes_message(self, provider: FakeStripe) -> None:
        intent = create("pm_card_chargeDeclinedExpiredCard")
        with pytest.raises(ProviderDeclined) as declined:
            Stripe().confirm_intent(intent.id, return_url=PAGE, key=intent.id)
        assert declined.value.failure == Failure(code="expired_card", message="Your card has expired.")
        assert Stripe().fetch_intent(intent.id).failure == declined.value.failure

    def test_distinguishes_a_refusal_from_no_answer(self, provider: FakeStripe) -> None:
        with pytest.raises(ProviderRefused) as refused:
            create("pm_unknown")
        assert refused.value.failure.message == "No such PaymentMethod: 'pm_unknown'"
        with pytest.raises(ProviderUnavailable):
            Stripe().fetch_intent("pi_unknown")

    @pytest.mark.usefixtures("provider_is_down")
    def test_is_unavailable_when_it_gives_no_answer(self) -> None:
        with pytest.raises(ProviderUnavailable):
            create()

    def test_refuses_one_key_for_two_things(self, provider: FakeStripe) -> None:
        create(key="one key")
        with pytest.raises(ProviderRefused):
            create(amount="20.00", key="one key")
