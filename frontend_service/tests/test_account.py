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
    def test_signs_in_and_goes_where_the_visitor_was_heading(
        self, marketplace: Marketplace, stranger: Browser
    ) -> None:
        marketplace.add_user()
        page = stranger.open("/auth/signin?next=/orders")
        answer = stranger.fill(page, "/auth/signin", email="ada@example.com", password="correct horse")
        assert answer.headers["Location"] == "/orders"
        assert stranger.follow(answer).status_code == 200

    def test_gives_the_visitor_every_cookie_as_the_api_set_it(
        self, marketplace: Marketplace, stranger: Browser
    ) -> None:
        marketplace.add_user()
        page = stranger.open("/auth/signin")
        answer = stranger.fill(page, "/auth/signin", email="ada@example.com", password="correct horse")
        for name in ("access_token", "refresh_token"):
            cookie = answer.cookies[name]
            assert cookie["httponly"]
            assert (cookie["path"], cookie["samesite"], cookie["max-age"]) == ("/", "Lax", "1209600")

    @pytest.mark.parametrize("address", ELSEWHERE)
    def test_never_leads_elsewhere(self, marketplace: Marketplace, stranger: Browser, address: str) -> None:
        marketplace.add_user()
        page = stranger.open("/auth/signin")
        answer = stranger.fill(
            page, "/auth/signin", email="ada@example.com", password="correct horse", next=address
        )
        assert answer.headers["Location"] == "/"

    @pytest.mark.parametrize("address", ELSEWHERE)
    def test_never_points_elsewhere(self, visitor: Browser, address: str) -> None:
        page = visitor.client.get("/auth/signin", {"next": address})
        assert '<a href="/">Go on</a>' in page.content.decode()
        assert "evil.example" not in page.content.decode()
        assert "javascript:" not in page.content.decode()

    def test_does_not_send_the_signed_in_round_in_circles(self, visitor: Browser) -> None:
        page = visitor.open("/auth/signin?next=/admin/orders/")
        assert page.status_code == 200
        assert "You are signed in as ada@example.com" in text_of(page)
        assert "is for operators" in text_of(page)

    def test_says_what_is_wrong_and_keeps_the_email(self, stranger: Browser) -> None:
        page = stranger.open("/auth/signin?next=/sell")
        answer = stranger.fill(page, "/auth/signin", email="ada@example.com", password="wrong one")
        assert answer.status_code == 400
        assert "Invalid credentials" in text_of(answer)
        html = answer.content.decode()
        assert 'value="ada@example.com"' in html
        assert 'name="next" value="/sell"' in html
        assert "wrong one" not in html

    def test_asks_for_what_is_missing_without_asking_the_api(
        self, marketplace: Marketplace, stranger: Browser
    ) -> None:
        answer = stranger.fill(stranger.open("/auth/signin"), "/auth/signin", email="ada@")
        assert answer.status_code == 400
        assert "Email must be valid" in text_of(answer)
        assert "This field is required" in text_of(answer)
        assert marketplace.seen == []

    def test_says_how_long_to_wait_after_too_many_tries(
        self, marketplace: Marketplace, stranger: Browser
    ) -> None:
        marketplace.problems["POST /api/users/signin"] = Problem(429, "throttled", "No", retry_after=42)
        page = stranger.open("/auth/signin")
        answer = stranger.fill(page, "/auth/signin", email="ada@example.com", password="correct horse")
        assert answer.status_code == 429
        assert "Wait 42 seconds" in text_of(answer)

    def test_keeps_what_was_typed_when_accounts_are_down(
        self, marketplace: Marketplace, stranger: Browser
    ) -> None:
        page = stranger.open("/auth/signin")
        marketplace.down = {"users"}
        answer = stranger.fill(page, "/auth/signin", email="ada@example.com", password="correct horse")
        assert answer.status_code == 503
        assert "Accounts are unavailable" in text_of(answer)
        assert 'value="ada@example.com"' in answer.content.decode()
        assert answer.headers["X-Request-Id"] in text_of(answer)

    def test_tells_a_suspended_user_so(self, marketplace: Marketplace, stranger: Browser) -> None:
        marketplace.problems["POST /api/users/signin"] = Problem(
            403, "suspended", "Your account is suspended."
        )
        page = stranger.open("/auth/signin")
        answer = stranger.fill(page, "/auth/signin", email="ada@example.com", password="correct horse")
        assert answer.status_code == 403
        assert "Your account is suspended" in text_of(answer)

    def test_needs_the_forms_token(self, marketplace: Marketplace, stranger: Browser) -> None:
        answer = stranger.send("/auth/signin", {"email": "ada@example.com", "password": "correct horse"})
        assert answer.status_code == 403
        assert "This form has expired" in text_of(answer)
        assert marketplace.seen == []


class TestSignUp:
    def test_makes_an_account_and_signs_in_to_it(self, marketplace: Marketplace, stranger: Browser) -> None:
        page = stranger.open("/auth/signup?next=/sell")
        answer = stranger.fill(page, "/auth/signup", email="bo@example.com", password="long enough")
        assert answer.headers["Location"] == "/sell"
        assert "bo@example.com" in marketplace.users
        assert "Welcome" in text_of(stranger.follow(answer))

    @pytest.mark.parametrize(
        ("email", "password", "reason"),
        [
            ("ada@example.com", "long enough", "Email in use"),
            ("bo@example.com", "short", "This password is too short."),
        ],
    )
    def test_shows_the_apis_reason_beside_the_field(
        self, marketplace: Marketplace, stranger: Browser, email: str, password: str, reason: str
    ) -> None:
        marketplace.add_user()
        page = stranger.open("/auth/signup")
        answer = stranger.fill(page, "/auth/signup", email=email, password=password)
        assert answer.status_code == 400
        assert reason in text_of(answer)
        assert 'aria-invalid="true"' in answer.content.decode()


class TestSignOut:
    def test_ends_the_session_here_and_there(self, marketplace: Marketplace, visitor: Browser) -> None:
        answer = visitor.fill(visitor.open("/"), "/auth/signout")
        assert answer.cookies["access_token"]["max-age"] == "0"
        assert answer.cookies["refresh_token"]["max-age"] == "0"
        assert marketplace.refresh_tokens == {}
        assert "Sign in" in text_of(visitor.follow(answer))

    def test_forgets_the_session_in_this_browser_when_accounts_are_down(
        self, marketplace: Marketplace, visitor: Browser
    ) -> None:
        page = visitor.open("/")
        marketplace.down = {"users"}
        answer = visitor.fill(page, "/auth/signout")
        assert answer.cookies["refresh_token"]["max-age"] == 0
        assert "other devices may not be" in text_of(visitor.follow(answer))

    def test_does_nothing_by_a_link(self, marketplace: Marketplace, visitor: Browser) -> None:
        page = visitor.open("/auth/signout")
        assert page.status_code == 200
        assert marketplace.refresh_tokens

    def test_has_nothing_to_do_for_a_stranger(self, stranger: Browser) -> None:
        assert stranger.open("/auth/signout").headers["Location"] == "/"

    def test_needs_the_forms_token(self, marketplace: Marketplace, visitor: Browser) -> None:
        assert visitor.send("/auth/signout", {}).status_code == 403
        assert marketplace.refresh_tokens
