"""No page calls the APIs more than three times, and no route twice; the console asks each question once."""

from collections import Counter
from typing import Any

import pytest

from frontend_service.tests.browser import Browser
from frontend_service.tests.fake_marketplace import Marketplace
from tests.browser.console_parts import add_dead_letters
from tests.browser.scenario import Scenario

MOST = 3
#: What one service is asked by one page of the console: a story's two rounds, and who the visitor is.
MOST_OF_ONE_SERVICE = 8


@pytest.fixture
def pages(marketplace: Marketplace, visitor_id: str, held: dict[str, Any]) -> dict[str, str]:
    own = marketplace.add_ticket(seller=visitor_id)
    ended, paid = marketplace.add_order(buyer=visitor_id), marketplace.add_order(buyer=visitor_id)
    marketplace.end_order(ended, "expired")
    paid["status"] = "complete"
    marketplace.add_payment(paid, "captured")
    return {
        "browse": "/?q=n&sort=cheapest",
        "cards": f"/cards?ids={own['id']}",
        "a ticket": f"/tickets/{marketplace.add_ticket()['id']}",
        "a held ticket": f"/tickets/{held['ticket']['id']}",
        "its panel": f"/tickets/{held['ticket']['id']}/panel",
        "one's own ticket": f"/tickets/{own['id']}",
        "sell": "/sell",
        "its board": "/sell/board?show=held",
        "a new ticket": "/tickets/new",
        "an edit": f"/tickets/{own['id']}/edit",
        "orders": "/orders",
        "a hold": f"/orders/{held['id']}",
        "an ended order": f"/orders/{ended['id']}",
        "its status": f"/orders/{ended['id']}/status",
        "a paid order": f"/orders/{paid['id']}",
        "a receipt": f"/orders/{paid['id']}/receipt",
        "sign in": "/auth/signin",
        "a page that isn't": "/nowhere",
    }


class TestEveryPage:
    def test_makes_at_most_three_calls_and_none_twice(
        self, marketplace: Marketplace, visitor: Browser, pages: dict[str, str]
    ) -> None:
        # A process also requests each service's terms, once a minute.
        visitor.open(pages["a ticket"])
        visitor.open(pages["a new ticket"])
        calls: dict[str, list[str]] = {}
        for name, address in pages.items():
            marketplace.seen.clear()
            assert visitor.open(address).status_code in (200, 404)
            calls[name] = [str(request.url) for request in marketplace.seen]
        assert {name: urls for name, urls in calls.items() if len(urls) > MOST} == {}
        assert {name: urls for name, urls in calls.items() if len(urls) != len(set(urls))} == {}
        assert any(len(urls) == MOST for urls in calls.values())


class TestEveryConsolePage:
    def test_asks_no_question_twice(self, marketplace: Marketplace, operator: Browser) -> None:
        dead = add_dead_letters(Scenario(market=marketplace))
        [order] = marketplace.orders.values()
        pages = {
            "/console/": 3,
            "/console/events": 3,
            f"/console/events/orders/{dead['id']}": 1,
            "/console/events/orders/streams/ticket": 1,
            "/console/search?q=" + dead["aggregateId"].replace("-", "")[:31] + "0": 2,
            "/console/lists/payment": 1,
            f"/console/story/order/{order['id']}": MOST_OF_ONE_SERVICE,
            f"/console/story/payment/{dead['aggregateId']}": MOST_OF_ONE_SERVICE,
            f"/console/story/ticket/{order['ticket']['id']}": MOST_OF_ONE_SERVICE,
            f"/console/story/account/{order['userId']}": 4,
            f"/console/payment/{dead['aggregateId']}/refund": 2,  # the buyer's name
        }
        for address, most in pages.items():
            marketplace.seen.clear()
            assert operator.open(address).status_code == 200, address
            urls = [str(request.url) for request in marketplace.seen]
            assert len(urls) == len(set(urls)), address
            assert max(Counter(url.split("/")[4] for url in urls).values()) <= most, address
