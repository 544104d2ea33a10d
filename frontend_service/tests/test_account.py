import pytest

from frontend_service.tests.browser import Browser, text_of
from frontend_service.tests.fake_answers import Problem
from frontend_service.tests.fake_marketplace import Marketplace

ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "///evil.example",
    "evil.example",
    "/\t/evil.example",
]


class TestSignIn:
    def test_signs_in_and_redirects_to_next(self, marketplace: Marketplace, signed_out: Browser) -> None:
        marketplace.add_user()
        page = signed_out.open("/auth/signin?next=/orders")
        answer = signed_out.fill(page, "/auth/signin", email="ada@example.com", password="correct horse")
        assert answer.headers["Location"] == "/orders"
        assert signed_out.follow(answer).status_code == 200

    def test_passes_every_cookie_on_unchanged(self, marketplace: Marketplace, signed_out: Browser) -> None:
        marketplace.add_user()
        page = signed_out.open("/auth/signin")
        answer = signed_out.fill(page, "/auth/signin", email="ada@example.com", password="correct horse")
        for name in ("access_token", "refresh_token"):
            cookie = answer.cookies[name]
            assert cookie["httponly"]
            assert (cookie["path"], cookie["samesite"], cookie["max-age"]) == ("/", "Lax", "1209600")

    @pytest.mark.parametrize("address", ELSEWHERE)
    def test_never_redirects_to_another_site(
        self, marketplace: Marketplace, signed_out: Browser, address: str
    ) -> None:
        marketplace.add_user()
        page = signed_out.open("/auth/signin")
        answer = signed_out.fill(
            page, "/auth/signin", email="ada@example.com", password="correct horse", next=address
        )
        assert answer.headers["Location"] == "/"

    @pytest.mark.parametrize("address", ELSEWHERE)
    def test_never_links_to_another_site(self, visitor: Browser, address: str) -> None:
        page = visitor.client.get("/auth/signin", {"next": address})
        assert '<a href="/">Continue</a>' in page.content.decode()
        assert "evil.example" not in page.content.decode()
        assert "javascript:" not in page.content.decode()

    def test_shows_the_form_to_a_signed_in_visitor(self, visitor: Browser) -> None:
        page = visitor.open("/auth/signin?next=/admin/orders/")
        assert page.status_code == 200
        assert "You are signed in as ada@example.com" in text_of(page)
        assert "is for staff" in text_of(page)

    def test_shows_the_error_and_keeps_the_email(self, signed_out: Browser) -> None:
        page = signed_out.open("/auth/signin?next=/sell")
        answer = signed_out.fill(page, "/auth/signin", email="ada@example.com", password="wrong one")
        assert answer.status_code == 400
        assert "Invalid credentials" in text_of(answer)
        html = answer.content.decode()
        assert 'value="ada@example.com"' in html
        assert 'name="next" value="/sell"' in html
        assert "wrong one" not in html

    def test_shows_missing_fields_without_calling_the_api(
        self, marketplace: Marketplace, signed_out: Browser
    ) -> None:
        answer = signed_out.fill(signed_out.open("/auth/signin"), "/auth/signin", email="ada@")
        assert answer.status_code == 400
        assert "Email must be valid" in text_of(answer)
        assert "This field is required" in text_of(answer)
        assert marketplace.seen == []

    def test_shows_how_long_to_wait_after_too_many_attempts(
        self, marketplace: Marketplace, signed_out: Browser
    ) -> None:
        marketplace.problems["POST /api/users/signin"] = Problem(429, "throttled", "No", retry_after=42)
        page = signed_out.open("/auth/signin")
        answer = signed_out.fill(page, "/auth/signin", email="ada@example.com", password="correct horse")
        assert answer.status_code == 429
        assert "Try again in 42 seconds" in text_of(answer)

    def test_keeps_what_was_typed_when_accounts_are_down(
        self, marketplace: Marketplace, signed_out: Browser
    ) -> None:
        page = signed_out.open("/auth/signin")
        marketplace.down = {"users"}
        answer = signed_out.fill(page, "/auth/signin", email="ada@example.com", password="correct horse")
        assert answer.status_code == 503
        assert "Accounts are unavailable" in text_of(answer)
        assert 'value="ada@example.com"' in answer.content.decode()
        assert answer.headers["X-Request-Id"] in text_of(answer)

    def test_shows_that_the_account_is_suspended(self, marketplace: Marketplace, signed_out: Browser) -> None:
        marketplace.problems["POST /api/users/signin"] = Problem(
            403, "suspended", "Your account is suspended."
        )
        page = signed_out.open("/auth/signin")
        answer = signed_out.fill(page, "/auth/signin", email="ada@example.com", password="correct horse")
        assert answer.status_code == 403
        assert "Your account is suspended" in text_of(answer)

    def test_requires_the_csrf_token(self, marketplace: Marketplace, signed_out: Browser) -> None:
        answer = signed_out.send("/auth/signin", {"email": "ada@example.com", "password": "correct horse"})
        assert answer.status_code == 403
        assert "This form has expired" in text_of(answer)
        assert marketplace.seen == []


class TestSignUp:
    def test_creates_an_account_and_signs_in(self, marketplace: Marketplace, signed_out: Browser) -> None:
        page = signed_out.open("/auth/signup?next=/sell")
        answer = signed_out.fill(page, "/auth/signup", email="bo@example.com", password="long enough")
        assert answer.headers["Location"] == "/sell"
        assert "bo@example.com" in marketplace.users
        assert "Welcome" in text_of(signed_out.follow(answer))

    @pytest.mark.parametrize(
        ("email", "password", "reason"),
        [
            ("ada@example.com", "long enough", "Email in use"),
            ("bo@example.com", "short", "This password is too short."),
        ],
    )
    def test_shows_the_apis_reason_beside_the_field(
        self, marketplace: Marketplace, signed_out: Browser, email: str, password: str, reason: str
    ) -> None:
        marketplace.add_user()
        page = signed_out.open("/auth/signup")
        answer = signed_out.fill(page, "/auth/signup", email=email, password=password)
        assert answer.status_code == 400
        assert reason in text_of(answer)
        assert 'aria-invalid="true"' in answer.content.decode()


class TestSignOut:
    def test_ends_the_session_and_deletes_the_cookies(
        self, marketplace: Marketplace, visitor: Browser
    ) -> None:
        answer = visitor.fill(visitor.open("/"), "/auth/signout")
        assert answer.cookies["access_token"]["max-age"] == "0"
        assert answer.cookies["refresh_token"]["max-age"] == "0"
        assert marketplace.refresh_tokens == {}
        assert "Sign in" in text_of(visitor.follow(answer))

    def test_deletes_the_cookies_when_accounts_are_down(
        self, marketplace: Marketplace, visitor: Browser
    ) -> None:
        page = visitor.open("/")
        marketplace.down = {"users"}
        answer = visitor.fill(page, "/auth/signout")
        assert answer.cookies["refresh_token"]["max-age"] == 0
        assert "other devices may not be" in text_of(visitor.follow(answer))

    def test_does_nothing_on_a_get(self, marketplace: Marketplace, visitor: Browser) -> None:
        page = visitor.open("/auth/signout")
        assert page.status_code == 200
        assert marketplace.refresh_tokens

    def test_redirects_a_signed_out_visitor(self, signed_out: Browser) -> None:
        assert signed_out.open("/auth/signout").headers["Location"] == "/"

    def test_requires_the_csrf_token(self, marketplace: Marketplace, visitor: Browser) -> None:
        assert visitor.send("/auth/signout", {}).status_code == 403
        assert marketplace.refresh_tokens
