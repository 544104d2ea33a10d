from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from shared_events.ids import uuid7
from tickets_service.tests.factories import TicketFactory, UserCopyFactory


def _titles(api: APIClient, query: str = "") -> list[str]:
    answer = api.get(f"/api/tickets{query}")
    assert answer.status_code == 200, answer.content
    return [ticket["title"] for ticket in answer.json()]


def _pages(api: APIClient, query: str) -> list[str]:
    """Return the titles of all pages, one page after another."""
    seen, url = [], f"/api/tickets{query}"
    while url:
        answer = api.get(url)
        assert answer.status_code == 200, answer.content
        seen += [ticket["title"] for ticket in answer.json()]
        link = answer.headers.get("Link", "")
        url = link[1 : link.index(">")] if link else ""
    return seen


@pytest.mark.django_db
class TestAvailableListings:
    def test_shows_every_visitor_what_can_be_bought_newest_first(self, api: APIClient) -> None:
        TicketFactory(title="older")
        TicketFactory(title="held", order_id=uuid7())
        TicketFactory(title="withdrawn", withdrawn=True)
        TicketFactory(title="newer")
        assert _titles(api) == ["newer", "older"]

    def test_leaves_out_what_suspended_sellers_offer(self, api: APIClient) -> None:
        TicketFactory(user_id=UserCopyFactory(status="suspended").id)
        TicketFactory(title="fine", user_id=UserCopyFactory(status="active").id)
        assert _titles(api) == ["fine"]

    def test_comes_in_pages(self, api: APIClient) -> None:
        for number in range(5):
            TicketFactory(title=f"t{number}")
        assert _pages(api, "?limit=2&q=t") == ["t4", "t3", "t2", "t1", "t0"]

    @pytest.mark.parametrize(
        "query",
        [
            "?limit=0",
            "?limit=x",
            "?cursor=%00",
            "?cursor=abc",
            "?minPrice=x",
            "?startsFrom=x",
            "?seller=x",
            "?minPrice=NaN",
            "?q=%00",
            "?sort=oldest",
            "?state=lost",
            "?sort=cheapest&cursor=abc",
            *(
                f"?sort={sort}&cursor={urlsafe_b64encode(f'{value}|{UUID(int=1).hex}'.encode()).decode()}"
                for sort, value in (("cheapest", "NaN"), ("dearest", "1E+999"), ("soonest", "tomorrow"))
            ),
            "?ids=" + ",".join(["x"] * 101),
        ],
    )
    def test_refuses_a_query_that_makes_no_sense(self, api: APIClient, query: str) -> None:
        assert api.get(f"/api/tickets{query}").status_code == 400


@pytest.mark.django_db
class TestSorting:
    @pytest.mark.parametrize(
        ("sort", "expected"),
        [
            ("cheapest", ["5", "7 late", "7 soon", "50"]),
            ("dearest", ["50", "7 soon", "7 late", "5"]),
            ("soonest", ["7 soon", "50", "7 late"]),
            ("newest", ["50", "7 soon", "7 late", "5"]),
        ],
    )
    def test_goes_on_where_the_page_before_ended(
        self, api: APIClient, sort: str, expected: list[str]
    ) -> None:
        day = timezone.now() + timedelta(days=1)
        TicketFactory(title="5", price=Decimal(5))
        TicketFactory(title="7 late", price=Decimal(7), starts_at=day + timedelta(days=3))
        TicketFactory(title="7 soon", price=Decimal(7), starts_at=day)
        TicketFactory(title="50", price=Decimal(50), starts_at=day + timedelta(days=2))
        for limit in (1, 2, 3):
            assert _pages(api, f"?sort={sort}&limit={limit}") == expected

    def test_by_date_leaves_out_what_has_begun(self, api: APIClient) -> None:
        TicketFactory(starts_at=timezone.now() - timedelta(hours=1))
        assert _titles(api, "?sort=soonest") == []

    def test_does_not_take_the_cursor_of_another_order(self, api: APIClient) -> None:
        TicketFactory()
        TicketFactory()
        link = api.get("/api/tickets?limit=1").headers["Link"]
        cursor = link[link.index("cursor=") + 7 : link.index(">")]
        assert api.get(f"/api/tickets?sort=cheapest&cursor={cursor}").status_code == 400


@pytest.mark.django_db
class TestAskingByIds:
    def test_shows_them_in_whatever_state(self, api: APIClient) -> None:
        free, held = TicketFactory(title="free"), TicketFactory(title="held", order_id=uuid7())
        gone = TicketFactory(title="gone", withdrawn=True)
        TicketFactory(title="not requested")
        assert _titles(api, f"?ids={free.id},{held.id},{gone.id},{uuid4()},nonsense") == ["held", "free"]


@pytest.mark.django_db
class TestSearch:
    def test_finds_words_by_their_beginning_in_title_venue_and_description(self, api: APIClient) -> None:
        TicketFactory(title="Jazz night", venue="Blue Note")
        TicketFactory(title="Rock", description="all night long")
        TicketFactory(title="Opera")
        assert _titles(api, "?q=nig") == ["Rock", "Jazz night"]
        assert _titles(api, "?q=jazz%20blu") == ["Jazz night"]
        assert _titles(api, "?q=") == ["Opera", "Rock", "Jazz night"]
        assert _titles(api, "?q=%26%21%3A*%27%28") == []

    def test_narrows_by_price_and_time(self, api: APIClient) -> None:
        TicketFactory(title="cheap", price=Decimal(5), starts_at=datetime(2030, 1, 1, tzinfo=UTC))
        TicketFactory(title="dear", price=Decimal(50), starts_at=datetime(2030, 6, 1, tzinfo=UTC))
        assert _titles(api, "?maxPrice=5") == ["cheap"]
        assert _titles(api, "?minPrice=5.01") == ["dear"]
        assert _titles(api, "?startsFrom=2030-02-01T00:00:00Z") == ["dear"]
        assert _titles(api, "?startsTo=2030-02-01T00:00:00Z&maxPrice=") == ["cheap"]


@pytest.mark.django_db
class TestASellersListings:
    def test_show_the_seller_also_what_is_held_and_sold(self, shop: APIClient, seller: UUID) -> None:
        TicketFactory(title="free", user_id=seller)
        TicketFactory(title="sold", user_id=seller, order_id=uuid7(), sold=True)
        TicketFactory(title="withdrawn", user_id=seller, withdrawn=True)
        TicketFactory(title="of another")
        assert _titles(shop, f"?seller={seller}") == ["sold", "free"]

    def test_can_be_filtered_by_state(self, shop: APIClient, seller: UUID) -> None:
        TicketFactory(title="free", user_id=seller)
        TicketFactory(title="held", user_id=seller, order_id=uuid7())
        TicketFactory(title="sold", user_id=seller, order_id=uuid7(), sold=True)
        assert _titles(shop, f"?seller={seller}&state=listed") == ["free"]
        assert _titles(shop, f"?seller={seller}&state=held") == ["held"]
        assert _titles(shop, f"?seller={seller}&state=sold") == ["sold"]

    def test_show_others_only_what_can_be_bought(self, shop: APIClient) -> None:
        other = TicketFactory(title="free").user_id
        TicketFactory(title="held", user_id=other, order_id=uuid7())
        assert _titles(shop, f"?seller={other}") == ["free"]


@pytest.mark.django_db
class TestShowTicket:
    def test_shows_held_ones_too_with_an_etag(self, api: APIClient) -> None:
        order = uuid7()
        ticket = TicketFactory(order_id=order, version=3)
        answer = api.get(f"/api/tickets/{ticket.id}")
        assert (answer.json()["orderId"], answer["ETag"]) == (str(order), '"3"')
        assert api.get(f"/api/tickets/{ticket.id}", headers={"If-None-Match": '"3"'}).status_code == 304

    def test_does_not_know_an_unknown_or_malformed_id(self, api: APIClient) -> None:
        assert api.get(f"/api/tickets/{uuid4()}").status_code == 404
        assert api.get("/api/tickets/1").status_code == 404


@pytest.mark.django_db
class TestASellersFigures:
    def test_count_by_state_and_sum_up_what_was_sold_by_currency(self, shop: APIClient, seller: UUID) -> None:
        TicketFactory.create_batch(3, user_id=seller)
        TicketFactory(user_id=seller, order_id=uuid7())
        for price, currency in (("10.50", "USD"), ("4.25", "USD"), ("8.00", "EUR")):
            TicketFactory(
                user_id=seller, order_id=uuid7(), sold=True, price=Decimal(price), currency=currency
            )
        TicketFactory(user_id=seller, withdrawn=True)
        TicketFactory(order_id=uuid7(), sold=True)
        assert shop.get("/api/tickets/summary").json() == {
            "listed": 3,
            "held": 1,
            "sold": 3,
            "earned": [{"amount": "8.00", "currency": "EUR"}, {"amount": "14.75", "currency": "USD"}],
        }

    def test_are_for_who_is_signed_in(self, api: APIClient) -> None:
        assert api.get("/api/tickets/summary").status_code == 401
