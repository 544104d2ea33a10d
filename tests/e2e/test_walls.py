"""What the services share, and what they must not."""

import itertools

import httpx
import psycopg
import pytest

from tests.running_stack import RunningStack

OWNERS = ("auth", "tickets", "orders", "payments")
ADMINS = OWNERS


class TestADatabaseRole:
    @pytest.mark.parametrize(("service", "other"), [*itertools.permutations(OWNERS, 2)])
    def test_cannot_reach_another_services_database(
        self, stack: RunningStack, service: str, other: str
    ) -> None:
        own, foreign = stack.database_url(service), stack.database_url(other)
        address = own[: own.rindex("/")] + foreign[foreign.rindex("/") :]
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(address)

    @pytest.mark.parametrize("service", OWNERS)
    def test_is_no_superuser(self, stack: RunningStack, service: str) -> None:
        with psycopg.connect(stack.database_url(service)) as connection:
            row = connection.execute(
                "SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
        assert row == (False,)


class TestTheOperator:
    def test_signs_in_once_and_works_in_every_admin(self, stack: RunningStack, browser: httpx.Client) -> None:
        credentials = {"email": "operator@example.com", "password": stack.password("operator")}
        browser.post("/api/users/signin", json=credentials).raise_for_status()
        for service in ADMINS:
            page = browser.get(f"/admin/{service}/", follow_redirects=True)
            assert page.status_code == 200, (service, page.text[:300])
            assert "Dead" in page.text or "Parked events" in page.text
            log = browser.get(f"/admin/{service}/shared_events/loggedevent/")
            assert log.status_code == 200

    def test_is_the_only_one_let_in(self, signed_in: httpx.Client) -> None:
        for service in ADMINS:
            page = signed_in.get(f"/admin/{service}/", follow_redirects=True)
            assert "Parked events" not in page.text

    def test_sees_the_admins_styles(self, browser: httpx.Client) -> None:
        for service in ADMINS:
            style = browser.get(f"/static/{service}/admin/css/base.css")
            assert (style.status_code, style.headers["Content-Type"].split(";")[0]) == (200, "text/css")


class TestTheGateway:
    def test_keeps_health_pages_inside(self, browser: httpx.Client) -> None:
        assert browser.get("/health/ready").status_code == 404

    def test_serves_one_merged_document_and_a_page_for_it(self, browser: httpx.Client) -> None:
        document = browser.get("/api/docs/openapi.json").json()
        assert document["openapi"].startswith("3.1")
        for path in ("/api/users/signup", "/api/tickets", "/api/orders", "/api/payments"):
            assert path in document["paths"]
        page = browser.get("/api/docs/")
        assert page.status_code == 200
        assert "swagger" in page.text.lower()

    def test_says_that_a_part_is_down(self, stack: RunningStack, browser: httpx.Client) -> None:
        stack.stop("payments.web")
        try:
            answer = browser.get("/api/payments")
            assert answer.status_code == 503
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.headers["Retry-After"]
            assert browser.get("/").status_code == 200
        finally:
            stack.start("payments.web")
