"""What passes between the visitor's browser and the APIs, and what doesn't."""

import threading

import httpx
import pytest

from frontend_service.clients import gateway
from frontend_service.tests.browser import ORIGIN, Browser, text_of
from frontend_service.tests.fake_answers import Problem
from frontend_service.tests.fake_marketplace import Marketplace
from service_defaults import client_ip


class TestWhatTheApisSee:
    def test_are_the_visitors_cookies_untouched_and_none_of_our_own(
        self, marketplace: Marketplace, visitor: Browser
    ) -> None:
        visitor.client.cookies["zone"] = "Europe/Berlin"
        visitor.open("/auth/signin")
        visitor.open("/orders")
        sent = marketplace.seen[-1].headers["cookie"]
        names = {pair.partition("=")[0] for pair in sent.split("; ")}
        assert names == {"access_token", "refresh_token"}
        assert visitor.client.cookies["access_token"].value in sent

    def test_is_where_a_write_came_from(self, marketplace: Marketplace, visitor: Browser) -> None:
        ticket = marketplace.add_ticket()
        visitor.fill(visitor.open(f"/tickets/{ticket['id']}"), f"/tickets/{ticket['id']}/hold")
        write = next(request for request in marketplace.seen if request.method == "POST")
        assert write.headers["origin"] == ORIGIN
        assert write.headers["sec-fetch-site"] == "same-origin"
        assert write.headers["content-type"] == "application/json"

    def test_is_the_public_host(self, marketplace: Marketplace, visitor: Browser) -> None:
        visitor.open("/orders")
        assert marketplace.seen[-1].headers["host"] == "testserver"

    def test_is_the_requests_id_which_the_page_has_too(
        self, marketplace: Marketplace, stranger: Browser
    ) -> None:
        page = stranger.open("/", **{"X-Request-Id": "from-the-gateway"})
        assert page.headers["X-Request-Id"] == "from-the-gateway"
        assert marketplace.seen[-1].headers["x-request-id"] == "from-the-gateway"

    def test_is_the_visitors_address_signed(self, marketplace: Marketplace, stranger: Browser) -> None:
        stranger.open("/", **{"X-Forwarded-For": "1.2.3.4, 203.0.113.9", "X-Visitor-Address": "6.6.6.6 fake"})
        assert marketplace.seen[-1].headers["x-visitor-address"] == client_ip.sign("203.0.113.9")

    def test_survives_cookies_that_make_no_sense(self, marketplace: Marketplace) -> None:
        client = Browser().client
        for header in ('a="b\\012c"; =; ;;x', "access_token=ÿþ", "access_token=a.b.c; refresh_token="):
            assert client.get("/", HTTP_COOKIE=header).status_code == 200


class TestRefresh:
    def test_renews_an_access_token_that_has_run_out(self, marketplace: Marketplace, visitor_id: str) -> None:
        old = marketplace.tokens_for(visitor_id, lasts=-1)
        browser = Browser(**old)
        page = browser.open("/orders")
        assert page.status_code == 200
        assert "ada@example.com" in text_of(page)
        assert page.cookies["refresh_token"].value != old["refresh_token"]
        assert page.cookies["access_token"]["httponly"]
        calls = [request.url.path for request in marketplace.seen]
        assert calls == ["/api/users/refresh", "/api/users/currentuser", "/api/orders"]

    def test_renews_one_that_is_missing(self, marketplace: Marketplace, visitor_id: str) -> None:
        browser = Browser(refresh_token=marketplace.tokens_for(visitor_id)["refresh_token"])
        assert "ada@example.com" in text_of(browser.open("/"))

    def test_works_for_a_visitor_who_came_by_a_link_from_elsewhere(
        self, marketplace: Marketplace, visitor_id: str
    ) -> None:
        browser = Browser(**marketplace.tokens_for(visitor_id, lasts=-1))
        assert browser.open("/orders", **{"Sec-Fetch-Site": "cross-site"}).status_code == 200

    def test_happens_before_a_write(
        self, marketplace: Marketplace, visitor: Browser, visitor_id: str
    ) -> None:
        order = marketplace.add_order(buyer=visitor_id)
        page = visitor.open(f"/orders/{order['id']}")
        del visitor.client.cookies["access_token"]
        visitor.fill(page, f"/orders/{order['id']}/cancel")
        assert order["status"] == "cancelled"

    def test_leaves_a_good_token_alone(self, marketplace: Marketplace, visitor: Browser) -> None:
        visitor.open("/orders")
        assert "/api/users/refresh" not in [request.url.path for request in marketplace.seen]

    def test_uses_a_refresh_token_once_for_pages_opened_at_once(
        self, marketplace: Marketplace, visitor_id: str
    ) -> None:
        old = marketplace.tokens_for(visitor_id, lasts=-1)
        statuses: list[int] = []
        threads = [
            threading.Thread(target=lambda: statuses.append(Browser(**old).open("/orders").status_code))
            for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert statuses == [200] * 6
        refreshes = [request for request in marketplace.seen if request.url.path == "/api/users/refresh"]
        assert len(refreshes) == 1

    @pytest.mark.parametrize("status", [400, 401, 403])
    def test_ends_here_what_has_ended_there(
        self, marketplace: Marketplace, visitor_id: str, status: int
    ) -> None:
        browser = Browser(**marketplace.tokens_for(visitor_id, lasts=-1))
        marketplace.problems["POST /api/users/refresh"] = Problem(status, "invalid-token", "No longer valid")
        page = browser.open("/")
        assert page.status_code == 200
        assert "Sign in" in text_of(page)
        assert page.cookies["refresh_token"]["max-age"] == "0"

    def test_is_tried_once_a_page_and_keeps_the_session_when_accounts_are_down(
        self, marketplace: Marketplace, visitor_id: str
    ) -> None:
        browser = Browser(**marketplace.tokens_for(visitor_id, lasts=-1))
        marketplace.down = {"users"}
        page = browser.open("/")
        assert page.status_code == 200
        assert "Accounts are unavailable" in text_of(page)
        assert "refresh_token" not in page.cookies
        assert [request.url.path for request in marketplace.seen].count("/api/users/refresh") == 1

    def test_never_happens_for_a_probe(self, marketplace: Marketplace, visitor_id: str) -> None:
        Browser(**marketplace.tokens_for(visitor_id, lasts=-1)).open("/health/live")
        assert marketplace.seen == []


class TestTheGateway:
    def test_counts_as_a_part_that_is_down_when_it_does_not_answer(
        self, stranger: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("refused", request=request)

        client = httpx.Client(base_url="http://gateway.test", transport=httpx.MockTransport(refuse))
        monkeypatch.setattr(gateway, "http", lambda: client)
        page = stranger.open("/")
        assert page.status_code == 503
        assert "Listings aren't answering" in text_of(page)
        assert stranger.open("/health/ready").status_code == 503

    @pytest.mark.parametrize("status", [301, 500, 502, 504])
    def test_counts_as_down_when_it_answers_with_something_else(
        self, stranger: Browser, monkeypatch: pytest.MonkeyPatch, status: int
    ) -> None:
        answer = httpx.Response(status, text="<h1>Bad gateway</h1>")
        transport = httpx.MockTransport(lambda request: answer)
        client = httpx.Client(base_url="http://gateway.test", transport=transport)
        monkeypatch.setattr(gateway, "http", lambda: client)
        assert stranger.open("/").status_code == 503

    def test_is_what_readiness_depends_on(self, stranger: Browser) -> None:
        checks = stranger.open("/health/ready").json()["checks"]
        assert checks["gateway"]["status"] == "ok"
