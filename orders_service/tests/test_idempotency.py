import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from orders_service.orders.models import Order
from orders_service.tests.factories import TicketCopyFactory
from service_defaults.idempotency.models import IdempotencyRecord
from service_defaults.idempotency.store import purge_old_records
from service_defaults.testing import token_for
from shared_events.ids import uuid7
from shared_events.testing import nothing_recorded

KEY = {"Idempotency-Key": "a-key"}


@pytest.mark.django_db
class TestAnIdempotencyKey:
    def test_makes_a_repetition_take_effect_once_and_answers_alike(self, shop: APIClient) -> None:
        body = {"ticketId": str(TicketCopyFactory().id)}
        first = shop.post("/api/orders", body, headers=KEY)
        with nothing_recorded():
            again = shop.post("/api/orders", body, headers=KEY)
        assert (again.status_code, again.json(), again["ETag"]) == (201, first.json(), first["ETag"])
        assert again["Idempotent-Replayed"] == "true"
        assert "Idempotent-Replayed" not in first
        assert Order.objects.count() == 1

    def test_with_another_body_is_refused(self, shop: APIClient) -> None:
        shop.post("/api/orders", {"ticketId": str(TicketCopyFactory().id)}, headers=KEY)
        answer = shop.post("/api/orders", {"ticketId": str(TicketCopyFactory().id)}, headers=KEY)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "idempotency-key-reused")

    def test_is_not_kept_for_a_refusal(self, shop: APIClient) -> None:
        ticket = TicketCopyFactory.build()
        assert shop.post("/api/orders", {"ticketId": str(uuid7().hex)[:8]}, headers=KEY).status_code == 404
        assert not IdempotencyRecord.objects.exists()
        ticket.save()
        assert shop.post("/api/orders", {"ticketId": str(ticket.id)}, headers=KEY).status_code == 201

    def test_of_another_user_is_another_key(self, shop: APIClient, api: APIClient, sign_in) -> None:
        shop.post("/api/orders", {"ticketId": str(TicketCopyFactory().id)}, headers=KEY)
        sign_in(api, uuid7())
        answer = api.post("/api/orders", {"ticketId": str(TicketCopyFactory().id)}, headers=KEY)
        assert answer.status_code == 201

    @pytest.mark.parametrize("key", ["", "x" * 256, "ü", "a\tb"])
    def test_must_be_a_sensible_one(self, shop: APIClient, key: str) -> None:
        answer = shop.post("/api/orders", {"ticketId": str(TicketCopyFactory().id)}, HTTP_IDEMPOTENCY_KEY=key)
        assert answer.status_code == 400

    def test_is_forgotten_after_a_day(self, shop: APIClient) -> None:
        shop.post("/api/orders", {"ticketId": str(TicketCopyFactory().id)}, headers=KEY)
        assert purge_old_records() == 0
        IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(hours=25))
        assert purge_old_records() == 1


@pytest.mark.django_db(transaction=True)
class TestTheSameRequestManyTimesAtOnce:
    def test_takes_effect_once(self) -> None:
        body = {"ticketId": str(TicketCopyFactory().id)}
        headers = {"Authorization": f"Bearer {token_for(uuid7())}", **KEY}
        answers: list[tuple[int, str]] = []

        def send() -> None:
            try:
                answer = APIClient().post("/api/orders", body, headers=headers)
                answers.append((answer.status_code, answer.json()["id"]))
            finally:
                connection.close()

        threads = [threading.Thread(target=send) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(answers) == 8
        assert len(set(answers)) == 1
