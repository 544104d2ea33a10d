import threading
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from contracts.order import OrderCreated
from orders_service.orders import operations
from orders_service.orders.models import Order
from orders_service.tests.factories import OrderFactory, TicketCopyFactory, UserCopyFactory
from service_defaults.testing import token_for
from shared_events.ids import uuid7
from shared_events.testing import nothing_recorded, recorded_events, scheduled_commands

HOLD = timedelta(minutes=15)


@pytest.mark.django_db
class TestPlaceOrder:
    def test_holds_the_ticket_at_its_price_for_the_hold_time(self, shop: APIClient, buyer: UUID) -> None:
        ticket = TicketCopyFactory()
        before = timezone.now()
        answer = shop.post("/api/orders", {"ticketId": str(ticket.id)})
        assert answer.status_code == 201
        body = answer.json()
        assert (body["status"], body["userId"], body["version"]) == ("created", str(buyer), 1)
        expected = {
            "id": str(ticket.id),
            "title": "Front row",
            "price": "19.99",
            "currency": "USD",
            "version": 1,
        }
        assert body["ticket"] | expected == body["ticket"]
        order = Order.objects.get(id=body["id"])
        assert HOLD <= order.expires_at - before < HOLD + timedelta(seconds=30)
        assert "cancelReason" not in body

    def test_records_the_event_and_schedules_the_countdown(self, shop: APIClient) -> None:
        ticket = TicketCopyFactory()
        shop.post("/api/orders", {"ticketId": str(ticket.id)})
        [event] = recorded_events()
        assert isinstance(event, OrderCreated)
        assert (event.status, event.ticket.id) == ("created", ticket.id)
        assert scheduled_commands() == [("orders.expire_due_orders", {})]

    def test_refuses_a_reserved_ticket_and_writes_nothing(self, shop: APIClient) -> None:
        ticket = TicketCopyFactory()
        OrderFactory(ticket_id=ticket.id)
        with nothing_recorded():
            answer = shop.post("/api/orders", {"ticketId": str(ticket.id)})
        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["errors"] == [
            {"message": "Ticket is already reserved", "code": "ticket-already-reserved", "field": "ticketId"}
        ]

    @pytest.mark.parametrize("status", ["created", "awaiting:payment", "complete"])
    def test_a_live_order_of_any_kind_reserves(self, shop: APIClient, status: str) -> None:
        ticket = TicketCopyFactory()
        OrderFactory(ticket_id=ticket.id, status=status, payment_id=uuid7())
        assert shop.post("/api/orders", {"ticketId": str(ticket.id)}).status_code == 400

    def test_a_cancelled_order_does_not(self, shop: APIClient) -> None:
        ticket = TicketCopyFactory()
        OrderFactory(ticket_id=ticket.id, status="cancelled", cancel_reason="expired")
        assert shop.post("/api/orders", {"ticketId": str(ticket.id)}).status_code == 201

    def test_refuses_ones_own_ticket(self, shop: APIClient, buyer: UUID) -> None:
        ticket = TicketCopyFactory(seller_id=buyer)
        answer = shop.post("/api/orders", {"ticketId": str(ticket.id)})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "own-ticket")

    def test_refuses_a_suspended_buyer(self, shop: APIClient, buyer: UUID) -> None:
        UserCopyFactory(id=buyer, status="suspended")
        answer = shop.post("/api/orders", {"ticketId": str(TicketCopyFactory().id)})
        assert (answer.status_code, answer.json()["detail"]) == (403, "Account suspended")

    def test_does_not_sell_for_a_suspended_seller(self, shop: APIClient) -> None:
        ticket = TicketCopyFactory(seller_id=UserCopyFactory(status="suspended").id)
        assert shop.post("/api/orders", {"ticketId": str(ticket.id)}).status_code == 404

    @pytest.mark.parametrize("ticket_id", [str(uuid4()), "not-an-id", "x" * 64, "\x00"])
    def test_an_unknown_or_malformed_ticket_is_not_found(self, shop: APIClient, ticket_id: str) -> None:
        answer = shop.post("/api/orders", {"ticketId": ticket_id})
        assert answer.status_code in ({400} if "\x00" in ticket_id else {404})

    def test_a_withdrawn_ticket_is_not_found(self, shop: APIClient) -> None:
        ticket = TicketCopyFactory(withdrawn=True)
        assert shop.post("/api/orders", {"ticketId": str(ticket.id)}).status_code == 404

    @pytest.mark.parametrize(
        "body", [{}, {"ticketId": None}, {"ticketId": ""}, {"ticketId": []}, {"ticketId": {}}]
    )
    def test_requires_the_ticket_id(self, shop: APIClient, body: dict[str, object]) -> None:
        answer = shop.post("/api/orders", body)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["message"] == "TicketId must be provided"
        assert answer.json()["errors"][0]["field"] == "ticketId"

    @pytest.mark.parametrize("body", ["[]", '"text"', "12", "null", "{", ""])
    def test_refuses_a_body_that_is_no_object(self, shop: APIClient, body: str) -> None:
        answer = shop.post("/api/orders", body, content_type="application/json")
        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"

    def test_needs_a_signed_in_user(self, api: APIClient) -> None:
        assert api.post("/api/orders", {"ticketId": str(uuid7())}).status_code == 401

    def test_keeps_the_request_id_in_the_event(self, shop: APIClient) -> None:
        from shared_events.models import LoggedEvent

        shop.post(
            "/api/orders", {"ticketId": str(TicketCopyFactory().id)}, headers={"X-Request-Id": "from-a-test"}
        )
        assert LoggedEvent.objects.get().correlation_id == "from-a-test"


def _place_all_at_once(ticket_id: UUID, buyers: int) -> list[str]:
    outcomes: list[str] = []
    start = threading.Barrier(buyers)

    def buy() -> None:
        start.wait()
        try:
            with transaction.atomic():
                operations.place_order(buyer_id=uuid7(), ticket_id=ticket_id, hold=HOLD, now=timezone.now())
            outcomes.append("held")
        except operations.TicketAlreadyReserved:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=buy) for _ in range(buyers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.django_db(transaction=True)
class TestAThousandBuyers:
    def test_exactly_one_gets_the_ticket(self) -> None:
        ticket = TicketCopyFactory()
        outcomes = [outcome for _ in range(50) for outcome in _place_all_at_once(ticket.id, 20)]
        assert len(outcomes) == 1000
        assert outcomes.count("held") == 1
        assert Order.objects.exclude(status="cancelled").count() == 1

    def test_more_than_one_would_get_it_without_the_unique_index(self) -> None:
        """The negative control: the index is what decides."""
        ticket = TicketCopyFactory()
        [index] = [c for c in Order._meta.constraints if c.name == "one_live_order_per_ticket"]
        with connection.schema_editor() as editor:
            editor.remove_constraint(Order, index)
        try:
            outcomes = _place_all_at_once(ticket.id, 10)
        finally:
            Order.objects.all().delete()
            with connection.schema_editor() as editor:
                editor.add_constraint(Order, index)
        assert outcomes.count("held") > 1


@pytest.mark.django_db(transaction=True)
class TestAJustMadeTicket:
    def test_is_waited_for(self, api: APIClient) -> None:
        ticket_id = uuid7()
        timer = threading.Timer(0.3, self._arrive, [ticket_id])
        timer.start()
        answer = api.post(
            "/api/orders",
            {"ticketId": str(ticket_id)},
            headers={"Authorization": f"Bearer {token_for(uuid7())}"},
        )
        timer.join()
        assert answer.status_code == 201

    @staticmethod
    def _arrive(ticket_id: UUID) -> None:
        try:
            TicketCopyFactory(id=ticket_id)
        finally:
            connection.close()
