import logging
from typing import Any

import pytest

from frontend_service.tests.browser import Browser, text_of
from frontend_service.tests.fake_marketplace import Marketplace
from tests.browser.console_parts import TITLE, add_purchase
from tests.browser.scenario import Scenario

Json = dict[str, Any]


@pytest.fixture
def order(marketplace: Marketplace) -> Json:
    return add_purchase(Scenario(market=marketplace))


def search(operator: Browser, text: str) -> Any:
    """Submit the search of the console's start page; return the page that it leads to."""
    answer = operator.fill(operator.open("/console/"), "/console/search", q=text)
    return operator.follow(answer)


class TestSearch:
    @pytest.mark.parametrize("text", ["bo@example.com", " BO@exam "])
    def test_leads_from_an_email_to_the_accounts_story(
        self, marketplace: Marketplace, operator: Browser, order: Json, text: str
    ) -> None:
        answer = search(operator, text)
        assert (
            answer.headers["Location"]
            == f"/console/story/account/{marketplace.users['bo@example.com']['id']}"
        )
        assert operator.follow(answer).status_code == 200

    def test_leads_from_an_id_to_its_story(self, operator: Browser, order: Json) -> None:
        """The order's id finds its payment, too."""
        assert search(operator, order["id"]).headers["Location"] == f"/console/story/order/{order['id']}"
        assert search(operator, order["id"].upper()).status_code == 302

    def test_finds_a_payment_by_its_cards_last_four(
        self, marketplace: Marketplace, operator: Browser, order: Json
    ) -> None:
        [payment] = marketplace.payments.values()
        assert search(operator, "4242").headers["Location"] == f"/console/story/payment/{payment['id']}"

    def test_lists_several_matches_of_all_services(self, operator: Browser, order: Json) -> None:
        page = search(operator, "swan lake")
        html = page.content.decode()
        assert f'href="/console/story/ticket/{order["ticket"]["id"]}"' in html
        assert f'href="/console/story/order/{order["id"]}"' in html
        assert "2 matches" in text_of(page)
        assert 'value="swan lake"' in html

    def test_says_when_nothing_matches(self, operator: Browser) -> None:
        assert "Nothing found." in text_of(search(operator, "no such thing"))

    def test_needs_a_text(self, marketplace: Marketplace, operator: Browser) -> None:
        answer = operator.fill(operator.open("/console/"), "/console/search", q="  ")
        assert answer.status_code == 400
        assert "Type what to search for." in text_of(answer)

    def test_shows_a_single_match_while_a_service_is_missing(
        self, marketplace: Marketplace, operator: Browser, order: Json
    ) -> None:
        """There may be more."""
        marketplace.down = {"payments"}
        page = search(operator, "bo@example.com")
        assert page.status_code == 200
        assert "Payments don’t answer." in text_of(page)
        assert "bo@example.com" in text_of(page)

    def test_keeps_emails_out_of_addresses_and_logs(
        self, operator: Browser, order: Json, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        page = operator.open("/console/")
        answer = operator.fill(page, "/console/search", q="cy@example.com")
        assert answer.headers["Location"] == "/console/search"
        found = operator.follow(answer)
        assert "@" not in found.headers["Location"]
        assert "cy@example.com" not in caplog.text
        assert "cy%40" not in caplog.text

    def test_keeps_the_text_in_a_cookie_of_its_own_page(
        self, marketplace: Marketplace, operator: Browser
    ) -> None:
        page = operator.open("/console/")
        cookie = operator.fill(page, "/console/search", q="Größe; äöü").cookies["console_search"]
        assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/console/search", True, "Lax")
        marketplace.seen.clear()
        operator.open("/console/search")
        sent = [request for request in marketplace.seen if "/search" in request.url.path]
        assert {request.url.params["q"] for request in sent} == {"Größe; äöü"}
        assert all("console_search" not in request.headers.get("cookie", "") for request in sent)

    def test_doesnt_search_for_an_email_in_an_address(
        self, marketplace: Marketplace, operator: Browser, order: Json
    ) -> None:
        page = operator.open("/console/search?q=bo@example.com")
        assert 'value="bo@example.com"' in page.content.decode()
        assert [request for request in marketplace.seen if "/staff/" in request.url.path] == []

    def test_finds_the_title_by_any_words(self, operator: Browser, order: Json) -> None:
        assert TITLE in text_of(search(operator, "stalls row"))
