import hashlib
import hmac
import json
import time
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from payments_service.payments import tasks
from payments_service.payments.models import StripeEvent
from payments_service.tests.fake_stripe import FakeStripe
from payments_service.tests.story import PlacedOrder, recorded, run_commands
from shared_events.testing import nothing_recorded, scheduled_commands

pytestmark = pytest.mark.django_db


class TestReceiveWebhook:
    def test_has_the_state_fetched(self, shop: APIClient, provider: FakeStripe, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        secret = shop.post("/api/payments", order.body("tok_threeDSecure2Required")).data["clientSecret"]
        intent_id = order.payment().intent_id
        provider.authenticate(intent_id, secret)
        assert send(about(intent_id)).status_code == 200
        run_commands()
        assert order.payment().status == "authorized"

    def test_counts_each_event_once(self, shop: APIClient, provider: FakeStripe, buyer: UUID) -> None:
        order = PlacedOrder(buyer)
        shop.post("/api/payments", order.body())
        event = about(order.payment().intent_id)
        assert [send(event).status_code for _ in range(3)] == [200, 200, 200]
        assert len(scheduled_commands()) == 1
        assert StripeEvent.objects.count() == 1

    def test_uses_the_state_and_not_the_event(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        shop.post("/api/payments", order.body())
        send(about(order.payment().intent_id, type="payment_intent.succeeded", status="succeeded"))
        run_commands()
        assert order.payment().status == "authorized"
        assert recorded() == ["started", "authorized"]

    def test_records_a_refund_made_at_stripe(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID
    ) -> None:
        order = PlacedOrder(buyer)
        shop.post("/api/payments", order.body())
        order.complete(order.payment())
        run_commands()
        provider.refund(order.payment().intent_id)
        send(charge_of(order.payment().intent_id))
        run_commands()
        assert order.payment().status == "refunded"

    def test_accepts_events_about_nothing_of_ours(self, provider: FakeStripe) -> None:
        with nothing_recorded():
            assert send(about("pi_of_another_system")).status_code == 200
            assert send({"id": "evt_x", "type": "payout.paid", "data": {"object": {}}}).status_code == 200

    @pytest.mark.parametrize(
        "signature", ["", "nonsense", "t=1,v1=00", "v1=00", "t=x,v1=00"], ids=lambda text: text or "none"
    )
    def test_refuses_a_wrong_signature(self, signature: str) -> None:
        assert post(json.dumps(about("pi_1")).encode(), signature).status_code == 400
        assert not StripeEvent.objects.exists()

    def test_refuses_a_changed_body(self) -> None:
        body = json.dumps(about("pi_1")).encode()
        assert post(body.replace(b"pi_1", b"pi_2"), sign(body)).status_code == 400

    def test_refuses_a_body_that_is_no_text(self) -> None:
        assert post(b"\xff\xfe", "t=1,v1=00").status_code == 400

    def test_refuses_an_old_signature(self) -> None:
        body = json.dumps(about("pi_1")).encode()
        assert post(body, sign(body, seconds_ago=301)).status_code == 400
        assert post(body, sign(body, seconds_ago=290)).status_code == 200

    def test_is_deleted_after_a_while(self) -> None:
        send(about("pi_1"))
        assert tasks.purge_stripe_events() == 0
        StripeEvent.objects.update(received_at="2020-01-01T00:00:00Z")
        assert tasks.purge_stripe_events() == 1


def about(
    intent_id: str | None,
    *,
    type: str = "payment_intent.amount_capturable_updated",
    status: str = "requires_capture",
) -> dict[str, Any]:
    intent = {"id": intent_id, "object": "payment_intent", "status": status}
    return {"id": f"evt_{intent_id}_{type}", "object": "event", "type": type, "data": {"object": intent}}


def charge_of(intent_id: str | None) -> dict[str, Any]:
    charge = {"id": "ch_1", "object": "charge", "payment_intent": intent_id}
    return {"id": f"evt_{intent_id}_refunded", "type": "charge.refunded", "data": {"object": charge}}


def send(event: dict[str, Any]) -> Any:
    body = json.dumps(event).encode()
    return post(body, sign(body))


def post(body: bytes, signature: str) -> Any:
    return APIClient().post(
        "/api/payments/webhook", body, content_type="application/json", HTTP_STRIPE_SIGNATURE=signature
    )


def sign(body: bytes, *, seconds_ago: int = 0) -> str:
    now = int(time.time()) - seconds_ago
    digest = hmac.new(settings.STRIPE_WEBHOOK_SECRET.encode(), b"%d.%s" % (now, body), hashlib.sha256)
    return f"t={now},v1={digest.hexdigest()}"
