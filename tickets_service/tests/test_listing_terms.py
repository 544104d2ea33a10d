from typing import Any

import pytest
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def terms() -> dict[str, Any]:
    answer: dict[str, Any] = APIClient().get("/api/tickets/terms").json()
    return answer


class TestListingTerms:
    def test_show_every_visitor_what_a_listing_may_be(self, terms: dict[str, Any]) -> None:
        assert terms == {
            "currencies": [
                {"code": "USD", "name": "US dollar"},
                {"code": "EUR", "name": "Euro"},
                {"code": "GBP", "name": "Pound sterling"},
            ],
            "defaultCurrency": "USD",
            "minPrice": "0.01",
            "maxPrice": "99999999.99",
            "maxTitleLength": 200,
            "maxVenueLength": 200,
            "maxDescriptionLength": 2000,
        }

    def test_are_what_listing_a_ticket_accepts(self, shop: APIClient, terms: dict[str, Any]) -> None:
        most = {
            "title": "t" * terms["maxTitleLength"],
            "venue": "v" * terms["maxVenueLength"],
            "description": "d" * terms["maxDescriptionLength"],
        }
        for price in (terms["minPrice"], terms["maxPrice"]):
            for one in terms["currencies"]:
                body = most | {"price": price, "currency": one["code"]}
                assert shop.post("/api/tickets", body).status_code == 201
        for name, text in most.items():
            body = {"title": "t", "price": "1", name: text + "x"}
            assert shop.post("/api/tickets", body).status_code == 400
