"""What the fake marketplace says of listings: what one may be, and why one is refused."""

from decimal import Decimal, InvalidOperation
from typing import Any

from frontend_service.tests.fake_answers import Problem

Json = dict[str, Any]


LISTING_TERMS = {
    "currencies": [{"code": "USD", "name": "US dollar"}, {"code": "EUR", "name": "Euro"}],
    "defaultCurrency": "USD",
    "minPrice": "0.01",
    "maxPrice": "99999999.99",
    "maxTitleLength": 200,
    "maxVenueLength": 200,
    "maxDescriptionLength": 2000,
}


def read_listing(body: Json) -> Json:
    if not body.get("title", "").strip():
        raise Problem(400, "invalid-input", "Title is required", name="title")
    try:
        price = Decimal(body["price"])
    except InvalidOperation:
        price = Decimal(0)
    if price <= 0:
        raise Problem(400, "invalid-input", "Price must be greater than 0", name="price")
    return body | {"price": f"{price:.2f}"}
