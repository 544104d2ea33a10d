"""The seller's page: what is listed, held and sold."""

from collections.abc import Callable

import pytest

from frontend_service.tests.browser import Browser, text_of
from frontend_service.tests.fake_answers import Problem
from frontend_service.tests.fake_marketplace import Marketplace


class TestSell:
    def test_shows_listed_held_and_sold(
        self, marketplace: Marketplace, visitor: Browser, visitor_id: str
    ) -> None:
        marketplace.add_ticket(seller=visitor_id, title="Free one")
        held = marketplace.add_ticket(seller=visitor_id, title="Held one")
        marketplace.add_order(buyer=marketplace.add_user("bo@example.com"), ticket=held)
        marketplace.add_ticket(seller=visitor_id, title="Gone one", orderId=held["orderId"], sold=True)
        marketplace.add_ticket(title="Another seller's")
        words = text_of(visitor.open("/sell"))
        assert "1 listed 1 held 1 sold $48.00 earned" in words
        assert "Held one 19:30 UTC · Roundhouse $48.00 Held" in words
        assert "Gone one 19:30 UTC · Roundhouse $48.00 Sold" in words
        assert "Another seller's" not in words

    @pytest.mark.parametrize(("show", "title"), [("listed", "Free one"), ("held", "Held one")])
    def test_filters_by_state(
        self, marketplace: Marketplace, visitor: Browser, visitor_id: str, show: str, title: str
    ) -> None:
        marketplace.add_ticket(seller=visitor_id, title="Free one")
        held = marketplace.add_ticket(seller=visitor_id, title="Held one")
        marketplace.add_order(buyer=marketplace.add_user("bo@example.com"), ticket=held)
        words = text_of(visitor.open(f"/sell?show={show}"))
        assert [name for name in ("Free one", "Held one") if name in words] == [title]

    def test_shows_the_listings_without_totals(
        self, marketplace: Marketplace, visitor: Browser, visitor_id: str
    ) -> None:
        marketplace.add_ticket(seller=visitor_id, title="Free one")
        marketplace.problems = {"GET /api/tickets/summary": Problem(503, "unavailable", "Not now")}
        words = text_of(visitor.open("/sell"))
        assert "Free one" in words
        assert "Listings are unavailable right now." in words

    def test_has_a_board_that_is_a_304_until_something_changes(
        self, marketplace: Marketplace, visitor: Browser, visitor_id: str
    ) -> None:
        ticket = marketplace.add_ticket(seller=visitor_id)
        first = visitor.open("/sell/board")
        etag = {"If-None-Match": first.headers["ETag"]}
        assert visitor.open("/sell/board", **etag).status_code == 304
        marketplace.add_order(buyer=marketplace.add_user("bo@example.com"), ticket=ticket)
        assert "1 held" in text_of(visitor.open("/sell/board", **etag))

    def test_says_what_to_do_when_there_is_nothing(self, visitor: Browser) -> None:
        assert "You have no listings yet" in text_of(visitor.open("/sell"))

    def test_links_to_the_next_page(
        self, marketplace: Marketplace, visitor: Browser, visitor_id: str
    ) -> None:
        marketplace.page_length = 1
        for title in ("Old", "New"):
            marketplace.add_ticket(seller=visitor_id, title=title)
        page = visitor.open("/sell")
        assert "Older listings" in text_of(page)
        cursor = page.content.decode().rpartition("?cursor=")[2].partition('"')[0]
        assert "Old" in text_of(visitor.open(f"/sell?cursor={cursor}"))

    def test_redirects_to_sign_in(self, signed_out: Browser) -> None:
        assert signed_out.open("/sell").headers["Location"] == "/auth/signin?next=%2Fsell"

    def test_keeps_the_visitor_signed_in_when_accounts_are_down(
        self, marketplace: Marketplace, visitor_id: str
    ) -> None:
        browser = Browser(**marketplace.tokens_for(visitor_id, lasts=-1))
        marketplace.down = {"users"}
        page = browser.open("/sell")
        assert page.status_code == 503
        assert "Accounts are unavailable" in text_of(page)

    def test_shows_why_the_account_is_suspended(
        self, marketplace: Marketplace, browser_of: Callable[[str], Browser], visitor_id: str
    ) -> None:
        marketplace.problems["GET /api/tickets"] = Problem(403, "suspended", "Your account is suspended.")
        page = browser_of(visitor_id).open("/sell")
        assert page.status_code == 403
        assert "Your account is suspended" in text_of(page)
