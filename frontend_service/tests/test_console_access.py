"""Who may open the console's pages, and what they have alike."""

from collections.abc import Callable
from urllib.parse import quote

import pytest

from frontend_service.tests.browser import Browser, text_of
from frontend_service.tests.fake_marketplace import Marketplace

ID = "0190b6a0-0000-7000-8000-000000000001"
PAGES = [
    "/console/",
    "/console/events",
    "/console/events?service=orders",
    "/console/events/orders/1",
    "/console/events/orders/1/redrive",
    "/console/events/orders/1/discard",
    "/console/events/orders/streams/ticket",
    "/console/events/orders/streams/ticket/resume",
    "/console/search",
    f"/console/search?q={ID}",
    "/console/lists/order",
    f"/console/story/order/{ID}",
    f"/console/payment/{ID}/refund",
]


@pytest.mark.parametrize("path", PAGES)
class TestEveryPage:
    def test_sends_guests_to_sign_in(self, marketplace: Marketplace, signed_out: Browser, path: str) -> None:
        answer = signed_out.open(path)
        assert answer.status_code == 302
        assert answer.headers["Location"] == f"/auth/signin?next={quote(path, safe='')}"
        assert marketplace.seen == []

    def test_is_forbidden_to_others(self, marketplace: Marketplace, visitor: Browser, path: str) -> None:
        answer = visitor.open(path)
        assert answer.status_code == 403
        assert "Access denied" in text_of(answer)
        assert [request for request in marketplace.seen if "/staff/" in request.url.path] == []

    def test_is_neither_cached_nor_indexed(self, operator: Browser, path: str) -> None:
        answer = operator.open(path)
        assert answer.status_code in (200, 404)
        if answer.status_code == 200:
            assert answer.headers["Cache-Control"] == "private, no-store"
            assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
            assert '<meta name="robots" content="noindex, nofollow">' in answer.content.decode()


class TestActing:
    @pytest.mark.parametrize(
        "path",
        [f"/console/payment/{ID}/refund", "/console/events/orders/1/redrive", "/console/search"],
    )
    def test_is_for_staff_alone(
        self, marketplace: Marketplace, signed_out: Browser, visitor: Browser, path: str
    ) -> None:
        for browser in (signed_out, visitor):
            page = browser.open("/auth/signin")
            answer = browser.send(
                path, {"csrfmiddlewaretoken": _token_of(page), "reason": "because", "q": "x"}
            )
            assert answer.status_code == (302 if browser is signed_out else 403)
        assert marketplace.acted == []

    def test_requires_the_csrf_token(self, marketplace: Marketplace, operator: Browser) -> None:
        answer = operator.send(f"/console/payment/{ID}/refund", {"reason": "because"})
        assert answer.status_code == 403
        assert "This form has expired" in text_of(answer)
        assert marketplace.acted == []


class TestWithoutAccounts:
    def test_the_token_says_who_is_staff(
        self, marketplace: Marketplace, operator: Browser, visitor: Browser
    ) -> None:
        marketplace.down = {"users"}
        page = operator.open("/console/")
        assert page.status_code == 200
        assert "Accounts don’t answer." in text_of(page)
        assert visitor.open("/console/").status_code == 403

    def test_a_services_refusal_counts(
        self, marketplace: Marketplace, operator: Browser, operator_id: str
    ) -> None:
        operator.open("/console/")
        marketplace.down = {"users"}
        next(user for user in marketplace.users.values() if user["id"] == operator_id)["isStaff"] = False
        assert operator.open("/console/").status_code == 403


class TestTheHeader:
    def test_links_staff_to_the_console(
        self, operator: Browser, visitor: Browser, signed_out: Browser
    ) -> None:
        link = '<a href="/console/">Console</a>'
        assert link in operator.open("/").content.decode()
        assert "/console/" not in visitor.open("/").content.decode()
        assert "/console/" not in signed_out.open("/").content.decode()


class TestAnUnknownPage:
    @pytest.mark.parametrize(
        "path",
        [
            "/console/nothing",
            "/console/events/nobody/1",
            "/console/events/orders/7",
            "/console/events/orders/streams/order",
            "/console/events/nobody/streams/order",
            f"/console/story/nothing/{ID}",
            f"/console/story/order/{ID}",
            f"/console/order/{ID}/refund",
            f"/console/order/{ID}/release",
            "/console/lists/account",
        ],
    )
    def test_is_not_found(self, operator: Browser, path: str) -> None:
        assert operator.open(path).status_code == 404


def _token_of(page: object) -> str:
    html = page.content.decode()  # type: ignore[attr-defined]  # the test client's response
    return html.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]


def test_signing_in_leads_to_the_page(
    marketplace: Marketplace, signed_out: Browser, operator_id: str, browser_of: Callable[[str], Browser]
) -> None:
    page = signed_out.follow(signed_out.open("/console/events"))
    answer = signed_out.fill(page, "/auth/signin", email="op@example.com", password="correct horse")
    assert answer.headers["Location"] == "/console/events"
    assert signed_out.follow(answer).status_code == 200
