from uuid import UUID, uuid4

import pytest
from rest_framework.test import APIClient

from contracts.ticket import TicketEdited, TicketWithdrawn
from shared_events.ids import uuid7
from shared_events.testing import nothing_recorded, recorded_events
from tickets_service.tests.factories import TicketFactory
from tickets_service.tickets.models import Ticket


@pytest.mark.django_db
class TestUpdateTicket:
    def test_changes_it_and_says_so(self, shop: APIClient, seller: UUID) -> None:
        ticket = TicketFactory(user_id=seller, venue="Hall 1")
        answer = shop.put(f"/api/tickets/{ticket.id}", {"title": "Balcony", "price": 12})
        assert answer.status_code == 200
        body = answer.json()
        assert (body["title"], body["price"], body["venue"], body["version"]) == (
            "Balcony",
            "12.00",
            "Hall 1",
            2,
        )
        [event] = recorded_events()
        assert isinstance(event, TicketEdited)
        assert event.title == "Balcony"

    def test_changes_a_part_of_it(self, shop: APIClient, seller: UUID) -> None:
        ticket = TicketFactory(user_id=seller)
        body = shop.patch(f"/api/tickets/{ticket.id}", {"venue": "Hall 2"}).json()
        assert (body["title"], body["venue"]) == ("Front row", "Hall 2")

    def test_checks_existence_then_owner_then_reservation_then_input(
        self, shop: APIClient, seller: UUID
    ) -> None:
        nonsense = {"title": "", "price": -1}
        held_by_us = TicketFactory(user_id=seller, order_id=uuid7())
        with nothing_recorded():
            assert shop.put(f"/api/tickets/{uuid4()}", nonsense).status_code == 404
            assert shop.put(f"/api/tickets/{TicketFactory(order_id=uuid7()).id}", nonsense).status_code == 403
            refused = shop.put(f"/api/tickets/{held_by_us.id}", nonsense)
            assert shop.put(f"/api/tickets/{TicketFactory(user_id=seller).id}", nonsense).status_code == 400
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["message"] == "Cannot edit a reserved ticket"

    def test_honours_if_match(self, shop: APIClient, seller: UUID) -> None:
        ticket = TicketFactory(user_id=seller)
        path, change = f"/api/tickets/{ticket.id}", {"venue": "Hall 2"}
        assert shop.patch(path, change, headers={"If-Match": '"7"'}).status_code == 412
        assert shop.patch(path, change, headers={"If-Match": '"1"'}).status_code == 200

    def test_needs_a_signed_in_user(self, api: APIClient) -> None:
        assert api.put(f"/api/tickets/{TicketFactory().id}", {}).status_code == 401


@pytest.mark.django_db
class TestWithdrawTicket:
    def test_takes_it_off_the_shelf_for_good(self, shop: APIClient, seller: UUID) -> None:
        ticket = TicketFactory(user_id=seller)
        assert shop.delete(f"/api/tickets/{ticket.id}").status_code == 204
        assert isinstance(recorded_events()[0], TicketWithdrawn)
        assert shop.get("/api/tickets").json() == []
        assert shop.get(f"/api/tickets/{ticket.id}").status_code == 404
        assert shop.delete(f"/api/tickets/{ticket.id}").status_code == 404

    def test_refuses_a_reserved_one_and_another_users(self, shop: APIClient, seller: UUID) -> None:
        assert (
            shop.delete(f"/api/tickets/{TicketFactory(user_id=seller, order_id=uuid7()).id}").status_code
            == 400
        )
        assert shop.delete(f"/api/tickets/{TicketFactory().id}").status_code == 403
        assert not Ticket.objects.filter(withdrawn=True).exists()
