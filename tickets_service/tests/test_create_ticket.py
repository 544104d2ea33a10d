from uuid import UUID

import pytest
from rest_framework.test import APIClient

from contracts.ticket import TicketCreated
from shared_events.testing import nothing_recorded, recorded_events
from tickets_service.tests.factories import UserCopyFactory
from tickets_service.tickets.models import Ticket

TICKET = {"title": "Front row", "price": "19.99"}


@pytest.mark.django_db
class TestCreateTicket:
    def test_lists_it(self, shop: APIClient, seller: UUID) -> None:
        answer = shop.post("/api/tickets", TICKET)
        assert answer.status_code == 201
        body = answer.json()
        expected = {
            "title": "Front row",
            "price": "19.99",
            "currency": "USD",
            "userId": str(seller),
            "version": 1,
        }
        assert expected.items() <= body.items()
        assert body["orderId"] is None
        assert body["startsAt"] is None
        [event] = recorded_events()
        assert isinstance(event, TicketCreated)
        assert str(event.price) == "19.99"

    def test_keeps_what_else_is_said(self, shop: APIClient) -> None:
        more = {
            "venue": "Hall 1",
            "description": "Aisle",
            "startsAt": "2030-05-01T19:30:00Z",
            "currency": "EUR",
        }
        body = shop.post("/api/tickets", TICKET | more).json()
        assert more.items() <= body.items()

    @pytest.mark.parametrize(
        ("price", "kept"), [(20, "20.00"), (19.99, "19.99"), ("0.01", "0.01"), ("99999999.99", "99999999.99")]
    )
    def test_takes_a_price_as_text_or_number(self, shop: APIClient, price: object, kept: str) -> None:
        answer = shop.post("/api/tickets", TICKET | {"price": price})
        assert (answer.status_code, answer.json()["price"]) == (201, kept)

    @pytest.mark.parametrize("price", [0, -1, "0", "-0.01", "0.00", "", None, "abc", True, [], {}])
    def test_refuses_a_price_that_is_not_above_zero(self, shop: APIClient, price: object) -> None:
        with nothing_recorded():
            answer = shop.post("/api/tickets", TICKET | {"price": price})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["message"] == "Price must be greater than 0"
        assert answer.json()["errors"][0]["field"] == "price"

    @pytest.mark.parametrize("price", ["1.999", 1.999, "NaN", "Infinity", "1e30", "100000000.00", "9" * 2000])
    def test_refuses_a_price_that_is_no_amount_of_money(self, shop: APIClient, price: object) -> None:
        answer = shop.post("/api/tickets", TICKET | {"price": price})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == "price"

    @pytest.mark.parametrize("body", ['{"title": "x", "price": NaN}', '{"title": "x", "price": Infinity}'])
    def test_refuses_numbers_that_json_has_not(self, shop: APIClient, body: str) -> None:
        assert shop.post("/api/tickets", body, content_type="application/json").status_code == 400

    @pytest.mark.parametrize("title", ["", "   ", None])
    def test_requires_a_title(self, shop: APIClient, title: object) -> None:
        answer = shop.post("/api/tickets", TICKET | {"title": title})
        assert answer.json()["errors"] == [
            {
                "message": "Title is required",
                "code": "blank" if title is not None else "null",
                "field": "title",
            }
        ]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"title": "x" * 201},
            {"title": "null\x00byte"},
            {"title": {"a": 1}},
            {"startsAt": "tomorrow"},
            {"startsAt": "9999-12-31T23:59:59-23:59"},
            {"currency": "XXX"},
            {"venue": 12 * "x" * 20},
            {"description": []},
        ],
    )
    def test_refuses_what_does_not_fit(self, shop: APIClient, wrong: dict[str, object]) -> None:
        answer = shop.post("/api/tickets", TICKET | wrong)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == next(iter(wrong))

    def test_names_everything_that_is_wrong(self, shop: APIClient) -> None:
        fields = {error["field"] for error in shop.post("/api/tickets", {}).json()["errors"]}
        assert fields == {"title", "price"}

    def test_ignores_fields_that_are_not_the_sellers_to_set(self, shop: APIClient, seller: UUID) -> None:
        shop.post("/api/tickets", TICKET | {"userId": "another", "orderId": "x", "version": 9, "sold": True})
        ticket = Ticket.objects.get()
        assert (ticket.user_id, ticket.order_id, ticket.version, ticket.sold) == (seller, None, 1, False)

    def test_refuses_a_suspended_seller(self, shop: APIClient, seller: UUID) -> None:
        UserCopyFactory(id=seller, status="suspended")
        assert shop.post("/api/tickets", TICKET).status_code == 403

    def test_needs_a_signed_in_user(self, api: APIClient) -> None:
        assert api.post("/api/tickets", TICKET).status_code == 401
