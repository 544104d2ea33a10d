"""What staff see of listings, and do about them."""

import logging
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone
from rest_framework.test import APIClient

from contracts.ticket import TicketWithdrawn
from service_defaults.revocation import operations as revocation
from service_defaults.testing import client_of
from shared_events.ids import uuid7
from shared_events.testing import nothing_recorded, recorded_events
from tickets_service.tests.factories import TicketFactory, UserCopyFactory

pytestmark = pytest.mark.django_db

STAFF = "/api/tickets/staff"
WHY = {"reason": "The seller asked for it"}


@pytest.fixture
def operator_id() -> UUID:
    return uuid7()


@pytest.fixture
def support(operator_id: UUID) -> APIClient:
    return client_of(operator_id, staff=True, role="support")


class TestSearchTickets:
    def test_finds_listings_by_their_words_newest_first(self, support: APIClient) -> None:
        older, newer = TicketFactory(title="Jazz night"), TicketFactory(title="Night of jazz", withdrawn=True)
        TicketFactory(title="Opera")
        matches = support.get(f"{STAFF}/search?q=jazz nig").json()["matches"]
        assert [match["id"] for match in matches] == [str(newer.id), str(older.id)]
        assert matches[1] == {
            "kind": "ticket",
            "id": str(older.id),
            "label": "Jazz night",
            "detail": "19.99 USD, listed",
            "at": older.created_at.isoformat().replace("+00:00", "Z"),
            "related": [str(older.user_id)],
        }
        assert matches[0]["detail"] == "19.99 USD, withdrawn"

    def test_finds_them_by_their_own_id_and_their_sellers(self, support: APIClient) -> None:
        held = TicketFactory(order_id=uuid7())
        for known in (held.id, held.user_id):
            [match] = support.get(f"{STAFF}/search?q={known}").json()["matches"]
            assert (match["id"], match["related"]) == (str(held.id), [str(held.user_id), str(held.order_id)])

    def test_finds_twenty_at_most_in_one_query(
        self, support: APIClient, django_assert_max_num_queries: Any
    ) -> None:
        TicketFactory.create_batch(21)
        with django_assert_max_num_queries(2):  # the other checks the token
            assert len(support.get(f"{STAFF}/search?q=front").json()["matches"]) == 20

    @pytest.mark.parametrize("query", ["", "q=", f"q={'x' * 201}", "q=%00"])
    def test_wants_something_to_search_for(self, support: APIClient, query: str) -> None:
        assert support.get(f"{STAFF}/search?{query}").status_code == 400

    @pytest.mark.parametrize("text", ["!!", "a & b", "x:*", "%25", "'"])
    def test_takes_any_text(self, support: APIClient, text: str) -> None:
        assert support.get(f"{STAFF}/search", {"q": text}).json() == {"matches": []}


class TestTicketsToday:
    def test_counts_what_is_on_sale_and_what_was_listed(self, support: APIClient) -> None:
        TicketFactory()
        TicketFactory(order_id=uuid7())
        TicketFactory(user_id=UserCopyFactory(status="suspended").id)
        TicketFactory(id=UUID("01890000-0000-7000-8000-000000000000"))
        numbers = support.get(f"{STAFF}/today").json()["numbers"]
        assert numbers == [
            {"name": "listedToday", "label": "listed today", "value": 3},
            {"name": "onSale", "label": "on sale", "value": 2},
        ]


class TestStaffTicketDetail:
    def test_shows_a_withdrawn_one_too(self, support: APIClient) -> None:
        ticket = TicketFactory(withdrawn=True)
        shown = support.get(f"{STAFF}/tickets/{ticket.id}").json()
        assert (shown["id"], shown["withdrawn"], shown["state"]) == (str(ticket.id), True, "withdrawn")

    def test_knows_no_other_id(self, support: APIClient) -> None:
        assert support.get(f"{STAFF}/tickets/{uuid4()}").status_code == 404


class TestWithdrawAnyTicket:
    def test_takes_it_off_sale_and_keeps_who_did_and_why(
        self, support: APIClient, operator_id: UUID, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "audit")
        ticket = TicketFactory()
        answer = support.post(f"{STAFF}/tickets/{ticket.id}/withdraw", WHY)
        assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
        [event] = recorded_events()
        assert isinstance(event, TicketWithdrawn)
        entry = LogEntry.objects.get()
        assert (entry.object_id, entry.user.get_username()) == (str(ticket.id), str(operator_id))
        assert entry.get_change_message() == "withdrawn: The seller asked for it"
        assert f"on={ticket.id} operator={operator_id} role=support reason={WHY['reason']}" in caplog.text

    def test_is_refused_for_one_that_is_held(
        self, support: APIClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "audit")
        ticket = TicketFactory(order_id=uuid7())
        with nothing_recorded():
            answer = support.post(f"{STAFF}/tickets/{ticket.id}/withdraw", WHY)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "ticket-reserved")
        assert not LogEntry.objects.exists()
        assert "operator.was_refused" in caplog.text

    @pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "x" * 151}])
    def test_needs_a_reason(self, support: APIClient, body: dict[str, str]) -> None:
        answer = support.post(f"{STAFF}/tickets/{TicketFactory().id}/withdraw", body)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "reason-required")

    def test_knows_no_other_id(self, support: APIClient) -> None:
        assert support.post(f"{STAFF}/tickets/{uuid4()}/withdraw", WHY).status_code == 404

    def test_is_refused_to_the_seller_to_buyers_and_to_staff_without_the_role(self) -> None:
        ticket = TicketFactory()
        seller, buyer = client_of(ticket.user_id), client_of(uuid7())
        without_role = client_of(uuid7(), staff=True)
        for client in (seller, buyer, without_role):
            assert client.post(f"{STAFF}/tickets/{ticket.id}/withdraw", WHY).status_code == 403
        assert APIClient().post(f"{STAFF}/tickets/{ticket.id}/withdraw", WHY).status_code == 401

    def test_is_refused_to_staff_whose_account_is_suspended(
        self, support: APIClient, operator_id: UUID
    ) -> None:
        revocation.revoke_user_tokens(
            user_id=operator_id, version=1, suspended=True, not_before=timezone.now()
        )
        ticket = TicketFactory()
        assert support.get(f"{STAFF}/tickets/{ticket.id}").status_code == 403
        assert support.post(f"{STAFF}/tickets/{ticket.id}/withdraw", WHY).status_code == 403
        ticket.refresh_from_db()
        assert not ticket.withdrawn
