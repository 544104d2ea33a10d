"""A stream that is read again changes nothing: neither a copy nor a payment, be it settled or under way."""

from uuid import UUID

import pytest
from rest_framework.test import APIClient

from payments_service.payments.models import Payment
from payments_service.tests.fake_stripe import FakeStripe
from payments_service.tests.story import PlacedOrder, begin_attempt, run_commands
from shared_events.models import OutgoingCommand
from tests.replaying import replay

pytestmark = pytest.mark.django_db


class TestTheOrderStream:
    def test_touches_no_payment(self, shop: APIClient, provider: FakeStripe, buyer: UUID) -> None:
        captured, voided, open_, under_way = (PlacedOrder(buyer) for _ in range(4))
        for order in (captured, voided, open_):
            assert shop.post("/api/payments", order.body()).status_code == 201
        captured.complete(captured.payment())
        voided.cancel()
        run_commands()
        begin_attempt(under_way)
        events = sorted(
            (event for order in (captured, voided, open_, under_way) for event in order.delivered),
            key=lambda event: event.position,
        )
        replay(events)
        assert not OutgoingCommand.objects.exists()
        statuses = Payment.objects.order_by("id").values_list("status", flat=True)
        assert list(statuses) == ["captured", "voided", "authorized", "started"]
