"""What is passed between the visitor's browser and the APIs, and what isn't."""

import threading

import httpx
import pytest

from frontend_service.clients import gateway
from frontend_service.tests.browser import ORIGIN, Browser, text_of
from frontend_service.tests.fake_answers import Problem
from frontend_service.tests.fake_marketplace import Marketplace
from service_defaults import client_ip


class TestForwardedHeaders:
    def test_are_the_visitors_cookies_unchanged_without_ours(
        self, marketplace: Marketplace, visitor: Browser
    ) -> None:
        visitor.client.cookies["zone"] = "Europe/Berlin"
        visitor.open("/auth/signin")
        visitor.open("/orders")
        sent = marketplace.seen[-1].headers["cookie"]
        names = {pair.partition("=")[0] for pair in sent.split("; ")}
        assert names == {"access_token", "refresh_token"}
        assert visitor.client.cookies["access_token"].value in sent

    def test_include_the_origin_of_a_write(self, marketplace: Marketplace, visitor: Browser) -> None:
        ticket = marketplace.add_ticket()
        visitor.fill(visitor.open(f"/tickets/{ticket['id']}"), f"/tickets/{ticket['id']}/hold")
        write = next(request for request in marketplace.seen if request.method == "POST")
        assert write.headers["origin"] == ORIGIN
        assert write.headers["sec-fetch-site"] == "same-origin"
        assert write.headers["content-type"] == "application/json"

    def test_include_the_public_host(self, marketplace: Marketplace, visitor: Browser) -> None:
        visitor.open("/orders")
        assert marketplace.seen[-1].headers["host"] == "testserver"

    def test_include_the_request_id_of_the_page(self, marketplace: Marketplace, signed_out: Browser) -> None:
        page = signed_out.open("/", **{"X-Request-Id": "from-the-gateway"})
        assert page.headers["X-Request-Id"] == "from-the-gateway"
        assert marketplace.seen[-1].headers["x-request-id"] == "from-the-gateway"

    def test_include_the_signed_client_ip(self, marketplace: Marketplace, signed_out: Browser) -> None:
        signed_out.open(
            "/", **{"X-Forwarded-For": "1.2.3.4, 203.0.113.9", "X-Visitor-Address": "6.6.6.6 fake"}
        )
        assert marketplace.seen[-1].headers["x-visitor-address"] == client_ip.sign("203.0.113.9")

    def test_ignore_invalid_cookies(self, marketplace: Marketplace) -> None:
        client = Browser().client
        for header in ('a="b\\012c"; =; ;;x', "access_token=ÿþ", "access_token=a.b.c; refresh_token="):
            assert client.get("/", HTTP_COOKIE=header).status_code == 200


class TestRefresh:
    def test_renews_an_expired_access_token(self, marketplace: Marketplace, visitor_id: str) -> None:
        old = marketplace.tokens_for(visitor_id, lasts=-1)
        browser = Browser(**old)
        page = browser.open("/orders")
        assert page.status_code == 200
        assert "ada@example.com" in text_of(page)
        assert page.cookies["refresh_token"].value != old["refresh_token"]
        assert page.cookies["access_token"]["httponly"]
        calls = [request.url.path for request in marketplace.seen]
        assert calls == ["/api/users/refresh", "/api/users/currentuser", "/api/orders"]

    def test_renews_a_missing_access_token(self, marketplace: Marketplace, visitor_id: str) -> None:
        browser = Browser(refresh_token=marketplace.tokens_for(visitor_id)["refresh_token"])
        assert "ada@example.com" in text_of(browser.open("/"))

    def test_works_after_a_link_from_another_site(self, marketplace: Marketplace, visitor_id: str) -> None:
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

    def test_keeps_a_valid_token(self, marketplace: Marketplace, visitor: Browser) -> None:
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
    def test_deletes_the_cookies_of_an_ended_session(
        self, marketplace: Marketplace, visitor_id: str, status: int
    ) -> None:
        browser = Browser(**marketplace.tokens_for(visitor_id, lasts=-1))
        marketplace.problems["POST /api/users/refresh"] = Problem(status, "invalid-token", "No longer valid")
        page = browser.open("/")
        assert page.status_code == 200
        assert "Sign in" in text_of(page)
        assert page.cookies["refresh_token"]["max-age"] == "0"

    def test_is_tried_once_per_page_and_keeps_the_session_when_accounts_are_down(
        self, marketplace: Marketplace, visitor_id: str
    ) -> None:
        browser = Browser(**marketplace.tokens_for(visitor_id, lasts=-1))
        marketplace.down = {"users"}
        page = browser.open("/")
        assert page.status_code == 200
        assert "Accounts are unavailable" in text_of(page)
        assert "refresh_token" not in page.cookies
        assert [request.url.path for request in marketplace.seen].count("/api/users/refresh") == 1

    def test_never_happens_for_a_health_check(self, marketplace: Marketplace, visitor_id: str) -> None:
        Browser(**marketplace.tokens_for(visitor_id, lasts=-1)).open("/health/live")
        assert marketplace.seen == []


class TestTheGateway:
    def test_counts_as_down_when_it_does_not_answer(
        self, signed_out: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("refused", request=request)

        client = httpx.Client(base_url="http://gateway.test", transport=httpx.MockTransport(refuse))
        monkeypatch.setattr(gateway, "http", lambda: client)
        page = signed_out.open("/")
        assert page.status_code == 503
        assert "Listings are unavailable" in text_of(page)
        assert signed_out.open("/health/ready").status_code == 503

    @pytest.mark.parametrize("status", [301, 500, 502, 504])
    def test_counts_as_down_when_its_response_is_invalid(
        self, signed_out: Browser, monkeypatch: pytest.MonkeyPatch, status: int
    ) -> None:
        answer = httpx.Response(status, text="<h1>Bad gateway</h1>")
        transport = httpx.MockTransport(lambda request: answer)
        client = httpx.Client(base_url="http://gateway.test", transport=transport)
        monkeypatch.setattr(gateway, "http", lambda: client)
        assert signed_out.open("/").status_code == 503

    def test_is_what_readiness_depends_on(self, signed_out: Browser) -> None:
        checks = signed_out.open("/health/ready").json()["checks"]
        assert checks["gateway"]["status"] == "ok"
