import pytest

from frontend_service.pages.user_agents import device_name
from frontend_service.tests.browser import Browser, text_of
from frontend_service.tests.fake_answers import Problem
from frontend_service.tests.fake_marketplace import Marketplace

_WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


class TestADevice:
    @pytest.mark.parametrize(
        ("user_agent", "name"),
        [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0", "Firefox on Linux"),
            (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME}", "Chrome on Windows"),
            (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Edg/140.0.0.0", "Edge on Windows"),
            (f"Mozilla/5.0 (Linux; Android 10; K) {_CHROME}", "Chrome on Android"),
            (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {_CHROME}", "Chrome on ChromeOS"),
            (
                f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT} Version/18.6 Safari/605.1.15",
                "Safari on Mac",
            ),
            (
                f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {_WEBKIT} CriOS/140.0 Safari/604.1",
                "Chrome on iPhone",
            ),
            ("curl/8.5.0", "curl/8.5.0"),
            ("Firefox on a Linux phone", "Firefox on a Linux phone"),
            ("", "Unknown device"),
            ("x" * 200, "x" * 79 + "…"),
        ],
    )
    def test_has_its_common_name(self, user_agent: str, name: str) -> None:
        assert device_name(user_agent) == name


class TestTheAccountPage:
    def test_shows_this_browser_first(self, marketplace: Marketplace, visitor_id: str) -> None:
        browser = Browser(**marketplace.tokens_for(visitor_id))
        marketplace.sessions[next(iter(marketplace.sessions))]["refreshedAt"] = "2025-01-01T00:00:00Z"
        marketplace.add_session(visitor_id, user_agent="curl/8.5.0")
        shown = text_of(browser.open("/account"))
        assert shown.index("This browser") < shown.index("curl/8.5.0")
        assert shown.count("This browser") == 1

    def test_ends_another_session_only(
        self, marketplace: Marketplace, visitor: Browser, visitor_id: str
    ) -> None:
        other = marketplace.add_session(visitor_id, user_agent="curl/8.5.0")
        page = visitor.open("/account")
        answer = visitor.fill(page, f"/account/sessions/{other['id']}/end")
        assert "Device signed out." in text_of(visitor.follow(answer))
        assert other["id"] not in marketplace.sessions
        assert len(marketplace.sessions) == 1

    def test_accepts_a_session_that_has_already_ended(
        self, marketplace: Marketplace, visitor: Browser, visitor_id: str
    ) -> None:
        other = marketplace.add_session(visitor_id)
        page = visitor.open("/account")
        del marketplace.sessions[other["id"]]
        answer = visitor.fill(page, f"/account/sessions/{other['id']}/end")
        assert answer.headers["Location"] == "/account"

    @pytest.mark.parametrize("form", ["verification", "sessions/end", "sessions/{}/end"])
    def test_is_linked_from_its_forms_error_pages(
        self, marketplace: Marketplace, visitor: Browser, visitor_id: str, form: str
    ) -> None:
        other = marketplace.add_session(visitor_id)
        page = visitor.open("/account")
        busy = Problem(429, "too-many", "Slow down", retry_after=7)
        marketplace.problems = {"POST": busy, "DELETE": busy}
        answer = visitor.fill(page, f"/account/{form.format(other['id'])}")
        assert answer.status_code == 429
        assert 'href="/account">Try again</a>' in answer.content.decode()


class TestAnExpiredForm:
    @pytest.mark.parametrize("path", ["/auth/signin", "/auth/forgot", "/tickets/new", "/account"])
    def test_links_to_its_own_page(self, visitor: Browser, path: str) -> None:
        answer = visitor.send(path, {})
        assert answer.status_code == 403
        assert f'href="{path}">Open the page again</a>' in answer.content.decode()
