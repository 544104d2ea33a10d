import pytest

from frontend_service.tests.browser import Browser, text_of
from frontend_service.tests.fake_answers import Problem
from frontend_service.tests.fake_marketplace import Marketplace

ORDER = "/orders/0190b6a0-0000-7000-8000-000000000001"


class TestProblemPages:
    @pytest.mark.parametrize(
        "path", ["/nowhere", "/tickets/1", "/tickets/", "/orders/../x", "/favicon.ico", "/auth/", "/sell/"]
    )
    def test_are_a_404_for_an_unknown_page(self, signed_out: Browser, path: str) -> None:
        page = signed_out.open(path)
        assert page.status_code == 404
        assert "Page not found" in text_of(page)
        assert page.headers["X-Request-Id"] in text_of(page)
        assert 'href="/"' in page.content.decode()

    @pytest.mark.parametrize("path", ["/api/nowhere", "/api/", "/api/docs"])
    def test_are_problem_documents_under_api(self, signed_out: Browser, path: str) -> None:
        answer = signed_out.open(path)
        assert answer.status_code == 404
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["type"].endswith("/problems/not-found")
        assert answer.json()["request_id"] == answer.headers["X-Request-Id"]

    @pytest.mark.parametrize("path", ["/", "/orders", "/auth/signin"])
    def test_are_shown_for_an_exception_without_calling_an_api(
        self, marketplace: Marketplace, visitor: Browser, monkeypatch: pytest.MonkeyPatch, path: str
    ) -> None:
        def broken(*args: object, **kwargs: object) -> None:
            raise RuntimeError("a secret detail")

        monkeypatch.setattr("django.views.generic.View.dispatch", broken)
        page = visitor.open(path)
        assert page.status_code == 500
        assert "Something went wrong" in text_of(page)
        assert page.headers["X-Request-Id"] in text_of(page)
        assert "secret" not in text_of(page)
        assert marketplace.seen == []

    def test_show_an_error_that_no_form_shows(self, marketplace: Marketplace, visitor: Browser) -> None:
        marketplace.problems["GET /api/orders"] = Problem(400, "odd", "The <b>stars</b> are wrong")
        page = visitor.open("/orders")
        assert page.status_code == 400
        assert "The <b>stars</b> are wrong" in text_of(page)
        assert b"<b>stars" not in page.content

    def test_are_shown_for_a_foreign_host(self) -> None:
        page = Browser().client.get("/", headers={"Host": "evil.example"})
        assert page.status_code == 400
        assert "We couldn't read your request" in text_of(page)

    def test_reject_a_body_that_is_too_large(self, visitor: Browser) -> None:
        page = visitor.open("/tickets/new")
        answer = visitor.fill(page, "/tickets/new", title="x", description="x" * 300_000)
        assert answer.status_code == 413

    def test_reject_other_methods(self, visitor: Browser) -> None:
        assert visitor.client.put("/orders").status_code in {403, 405}

    def test_reject_a_form_from_another_site(self, marketplace: Marketplace, visitor: Browser) -> None:
        order = marketplace.add_order(buyer=next(iter(marketplace.users.values()))["id"])
        page = visitor.open(f"/orders/{order['id']}")
        token = page.content.decode().rpartition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        answer = visitor.client.post(
            f"/orders/{order['id']}/cancel",
            {"csrfmiddlewaretoken": token},
            headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        )
        assert answer.status_code == 403
        assert order["status"] == "created"


class TestSecurityHeaders:
    @pytest.mark.parametrize("path", ["/", "/auth/signin", "/nowhere", ORDER])
    def test_allow_nothing_inline_and_nothing_from_other_origins(
        self, signed_out: Browser, path: str
    ) -> None:
        policy = signed_out.open(path).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert "frame-ancestors 'none'" in policy

    @pytest.mark.parametrize("path", ["/", "/auth/signup", "/nowhere"])
    def test_are_kept_by_the_pages_themselves(self, signed_out: Browser, path: str) -> None:
        html = signed_out.open(path).content.decode()
        assert "style=" not in html
        assert "<style" not in html
        assert " onclick" not in html
        assert html.count("<script") == html.count('<script type="module" src="/static/frontend/')

    def test_forbid_caching_for_signed_in_visitors(self, visitor: Browser) -> None:
        assert "no-store" in visitor.open("/orders").headers["Cache-Control"]

    def test_allow_the_back_button_for_signed_out_visitors(self, signed_out: Browser) -> None:
        assert signed_out.open("/").headers["Cache-Control"] == "private, no-cache"

    def test_hide_the_forms_token_from_scripts(self, signed_out: Browser) -> None:
        cookie = signed_out.open("/auth/signin").cookies["frontend_csrf"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"


class TestStaticFiles:
    def test_are_cached_for_a_year_by_a_versioned_url(self, signed_out: Browser) -> None:
        html = signed_out.open("/").content.decode()
        address = html.rpartition('rel="stylesheet" href="')[2].partition('"')[0]
        assert address.startswith("/static/frontend/shop/shop.css?v=")
        answer = signed_out.open(address)
        assert answer.status_code == 200
        assert "max-age=31536000" in answer.headers["Cache-Control"]
        answer.close()
