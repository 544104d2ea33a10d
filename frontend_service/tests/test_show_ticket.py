"""A ticket's page, and the panel that shows whether it can still be bought."""

from datetime import timedelta

import pytest

from frontend_service.tests.browser import Browser, text_of
from frontend_service.tests.fake_answers import Problem, new_id
from frontend_service.tests.fake_marketplace import Marketplace

HOSTILE = "<script>alert(1)</script>\"'&"


class TestTicketPanel:
    def test_is_a_304_until_something_changes(self, marketplace: Marketplace, visitor: Browser) -> None:
        ticket = marketplace.add_ticket()
        address = f"/tickets/{ticket['id']}/panel"
        first = visitor.open(address)
        assert "<html" not in first.content.decode()
        etag = {"If-None-Match": first.headers["ETag"]}
        assert visitor.open(address, **etag).status_code == 304
        marketplace.add_order(buyer=marketplace.add_user("bo@example.com"), ticket=ticket)
        after = visitor.open(address, **etag)
        assert after.status_code == 200
        assert "Another buyer is holding this ticket." in text_of(after)

    def test_shows_that_a_listing_was_withdrawn(self, marketplace: Marketplace, visitor: Browser) -> None:
        answer = visitor.open(f"/tickets/{new_id()}/panel")
        assert answer.status_code == 200
        assert "withdrawn" in text_of(answer)


class TestShowTicket:
    def test_shows_the_ticket_to_a_signed_out_visitor(
        self, marketplace: Marketplace, signed_out: Browser
    ) -> None:
        ticket = marketplace.add_ticket(description="Row 2\n\nMobile ticket")
        page = signed_out.open(f"/tickets/{ticket['id']}")
        words = text_of(page)
        assert "Nina at the Roundhouse" in words
        assert "Row 2" in words
        assert "$48.00" in words
        assert "Sat 17 May 2031, 19:30 UTC" in words
        assert f"/auth/signin?next=%2Ftickets%2F{ticket['id']}" in page.content.decode()

    def test_shows_times_in_the_visitors_zone(self, marketplace: Marketplace) -> None:
        ticket = marketplace.add_ticket()
        page = Browser(zone="Europe/Berlin").open(f"/tickets/{ticket['id']}")
        assert "Sat 17 May 2031, 21:30" in text_of(page)

    @pytest.mark.parametrize("zone", ["Nowhere/Land", "../../etc/passwd", '"\\000"', "x" * 300])
    def test_falls_back_to_utc_for_an_unknown_zone(self, marketplace: Marketplace, zone: str) -> None:
        ticket = marketplace.add_ticket()
        page = Browser().open(f"/tickets/{ticket['id']}", Cookie=f"zone={zone}")
        assert "19:30 UTC" in text_of(page)

    def test_explains_a_hold_before_the_click(self, marketplace: Marketplace, visitor: Browser) -> None:
        ticket = marketplace.add_ticket()
        words = text_of(visitor.open(f"/tickets/{ticket['id']}"))
        assert "Hold for 15 minutes" in words
        assert "for 15 minutes while you pay" in words

    def test_shows_the_length_of_a_hold_as_orders_has_it(
        self, marketplace: Marketplace, visitor: Browser
    ) -> None:
        marketplace.hold = timedelta(minutes=7)
        assert "Hold for 7 minutes" in text_of(visitor.open(f"/tickets/{marketplace.add_ticket()['id']}"))

    def test_offers_a_hold_without_its_length_while_orders_is_down(
        self, marketplace: Marketplace, visitor: Browser
    ) -> None:
        marketplace.down.add("orders")
        words = text_of(visitor.open(f"/tickets/{marketplace.add_ticket()['id']}"))
        assert "Hold this ticket" in words
        assert "Nobody else can buy it while you pay" in words

    def test_links_to_the_sellers_other_tickets(self, marketplace: Marketplace, signed_out: Browser) -> None:
        ticket = marketplace.add_ticket()
        page = signed_out.open(f"/tickets/{ticket['id']}")
        assert f"/?seller={ticket['userId']}" in page.content.decode()
        assert f"Seller {ticket['userId'][-6:].upper()}" in text_of(page)

    def test_offers_the_seller_to_edit(
        self, marketplace: Marketplace, visitor: Browser, visitor_id: str
    ) -> None:
        ticket = marketplace.add_ticket(seller=visitor_id)
        page = visitor.open(f"/tickets/{ticket['id']}")
        assert "Your ticket is on sale" in text_of(page)
        assert f"/tickets/{ticket['id']}/edit" in page.content.decode()
        assert "Hold this ticket" not in text_of(page)

    def test_does_not_offer_to_edit_a_held_ticket(
        self, marketplace: Marketplace, visitor: Browser, visitor_id: str
    ) -> None:
        ticket = marketplace.add_ticket(seller=visitor_id)
        marketplace.add_order(buyer=marketplace.add_user("bo@example.com"), ticket=ticket)
        page = visitor.open(f"/tickets/{ticket['id']}")
        assert "can't change" in text_of(page)
        assert "/edit" not in page.content.decode()

    @pytest.mark.parametrize(
        ("sold", "said"), [(False, "Another buyer is holding this ticket"), (True, "Sold.")]
    )
    def test_shows_a_taken_ticket_as_held_or_sold(
        self, marketplace: Marketplace, visitor: Browser, sold: bool, said: str
    ) -> None:
        ticket = marketplace.add_ticket()
        marketplace.add_order(buyer=marketplace.add_user("bo@example.com"), ticket=ticket)
        ticket["sold"] = sold
        words = text_of(visitor.open(f"/tickets/{ticket['id']}"))
        assert said in words
        assert "Hold this ticket" not in words

    def test_links_a_buyer_to_their_order(
        self, marketplace: Marketplace, visitor: Browser, visitor_id: str
    ) -> None:
        ticket = marketplace.add_ticket()
        order = marketplace.add_order(buyer=visitor_id, ticket=ticket)
        page = visitor.open(f"/tickets/{ticket['id']}")
        assert "You are holding this ticket" in text_of(page)
        assert f"/orders/{order['id']}" in page.content.decode()

    def test_escapes_what_sellers_write(self, marketplace: Marketplace, signed_out: Browser) -> None:
        ticket = marketplace.add_ticket(title=HOSTILE, description=HOSTILE, venue=HOSTILE)
        assert b"<script>alert" not in signed_out.open(f"/tickets/{ticket['id']}").content

    def test_is_a_404_for_an_unknown_ticket(self, signed_out: Browser) -> None:
        page = signed_out.open("/tickets/0190b6a0-0000-7000-8000-000000000001")
        assert page.status_code == 404
        assert "Page not found" in text_of(page)

    def test_is_a_503_when_listings_are_down(self, marketplace: Marketplace, signed_out: Browser) -> None:
        ticket = marketplace.add_ticket()
        marketplace.down = {"tickets"}
        page = signed_out.open(f"/tickets/{ticket['id']}")
        assert page.status_code == 503
        assert page.headers["Retry-After"] == "2"
        assert page.headers["X-Request-Id"] in text_of(page)

    def test_is_a_503_when_the_response_is_not_a_ticket(
        self, marketplace: Marketplace, signed_out: Browser
    ) -> None:
        ticket = marketplace.add_ticket(price="NaN")
        assert signed_out.open(f"/tickets/{ticket['id']}").status_code == 503

    def test_is_a_429_after_too_many_requests(self, marketplace: Marketplace, signed_out: Browser) -> None:
        ticket = marketplace.add_ticket()
        marketplace.problems["GET"] = Problem(429, "throttled", "Slow down", retry_after=7)
        page = signed_out.open(f"/tickets/{ticket['id']}")
        assert page.status_code == 429
        assert page.headers["Retry-After"] == "7"
        assert "7 seconds" in text_of(page)
