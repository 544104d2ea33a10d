import pytest

from frontend_service.tests.browser import Browser, text_of
from frontend_service.tests.fake_answers import Problem
from frontend_service.tests.fake_marketplace import Marketplace

HOSTILE = "<script>alert(1)</script>"


class TestHoldTicket:
    def test_holds_and_shows_the_order(self, marketplace: Marketplace, visitor: Browser) -> None:
        ticket = marketplace.add_ticket()
        page = visitor.open(f"/tickets/{ticket['id']}")
        answer = visitor.fill(page, f"/tickets/{ticket['id']}/hold")
        (order,) = marketplace.orders.values()
        assert answer.headers["Location"] == f"/orders/{order['id']}"
        assert "Held for you" in text_of(visitor.follow(answer))

    def test_holds_once_when_sent_twice(self, marketplace: Marketplace, visitor: Browser) -> None:
        ticket = marketplace.add_ticket()
        page = visitor.open(f"/tickets/{ticket['id']}")
        first = visitor.fill(page, f"/tickets/{ticket['id']}/hold")
        second = visitor.fill(page, f"/tickets/{ticket['id']}/hold")
        assert first.headers["Location"] == second.headers["Location"]
        assert len(marketplace.orders) == 1

    @pytest.mark.parametrize("key", ["", "not-a-key"])
    def test_works_without_a_usable_key(self, marketplace: Marketplace, visitor: Browser, key: str) -> None:
        ticket = marketplace.add_ticket()
        page = visitor.open(f"/tickets/{ticket['id']}")
        assert visitor.fill(page, f"/tickets/{ticket['id']}/hold", key=key).status_code == 302
        assert len(marketplace.orders) == 1

    def test_shows_that_another_buyer_holds_it(self, marketplace: Marketplace, visitor: Browser) -> None:
        ticket = marketplace.add_ticket()
        page = visitor.open(f"/tickets/{ticket['id']}")
        marketplace.add_order(buyer=marketplace.add_user("bo@example.com"), ticket=ticket)
        answer = visitor.fill(page, f"/tickets/{ticket['id']}/hold")
        assert answer.headers["Location"] == f"/tickets/{ticket['id']}"
        assert "Another buyer is holding this ticket" in text_of(visitor.follow(answer))

    def test_suggests_to_retry_when_orders_has_not_received_the_ticket_yet(
        self, marketplace: Marketplace, visitor: Browser
    ) -> None:
        ticket = marketplace.add_ticket()
        page = visitor.open(f"/tickets/{ticket['id']}")
        marketplace.problems["POST /api/orders"] = Problem(404, "not-found", "Not found")
        answer = visitor.follow(visitor.fill(page, f"/tickets/{ticket['id']}/hold"))
        assert answer.status_code == 200
        assert "Try again in a moment" in text_of(answer)

    def test_shows_the_orders_while_the_first_request_is_in_progress(
        self, marketplace: Marketplace, visitor: Browser
    ) -> None:
        ticket = marketplace.add_ticket()
        page = visitor.open(f"/tickets/{ticket['id']}")
        marketplace.problems["POST /api/orders"] = Problem(409, "in-flight", "Still at it")
        answer = visitor.fill(page, f"/tickets/{ticket['id']}/hold")
        assert answer.headers["Location"] == "/orders"

    def test_redirects_to_sign_in_when_the_session_has_ended(
        self, marketplace: Marketplace, visitor: Browser
    ) -> None:
        ticket = marketplace.add_ticket()
        page = visitor.open(f"/tickets/{ticket['id']}")
        del visitor.client.cookies["access_token"], visitor.client.cookies["refresh_token"]
        answer = visitor.fill(page, f"/tickets/{ticket['id']}/hold")
        assert answer.headers["Location"] == f"/auth/signin?next=%2Ftickets%2F{ticket['id']}"

    def test_requires_the_csrf_token(self, marketplace: Marketplace, visitor: Browser) -> None:
        ticket = marketplace.add_ticket()
        assert visitor.send(f"/tickets/{ticket['id']}/hold", {}).status_code == 403
        assert marketplace.orders == {}

    def test_is_a_503_page_when_orders_are_down(self, marketplace: Marketplace, visitor: Browser) -> None:
        ticket = marketplace.add_ticket()
        page = visitor.open(f"/tickets/{ticket['id']}")
        marketplace.down = {"orders"}
        answer = visitor.fill(page, f"/tickets/{ticket['id']}/hold")
        assert answer.status_code == 503
        assert "Orders are unavailable" in text_of(answer)
