from typing import Any

import pytest
from rest_framework.test import APIClient

from service_defaults import health
from service_defaults.tests.notes.failing_views import unreachable_database


@pytest.fixture(autouse=True)
def _own_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove what a test registers after it."""
    monkeypatch.setattr(health, "_checks", dict(health._checks))


def _checks(api: APIClient, status: int) -> dict[str, Any]:
    answer = api.get("/health/ready")
    assert answer.status_code == status
    assert answer["Cache-Control"] == "no-store"
    body = answer.json()
    assert body["status"] == ("ok" if status == 200 else "failing")
    checks: dict[str, Any] = body["checks"]
    return checks


class TestLive:
    def test_runs_no_check(self, api: APIClient) -> None:
        assert api.get("/health/live").json() == {"status": "ok"}

    @pytest.mark.parametrize("probe", ["live", "ready"])
    def test_is_for_reading(self, api: APIClient, probe: str) -> None:
        assert api.post(f"/health/{probe}").status_code == 405


class TestBothProbes:
    @pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
    @pytest.mark.parametrize("probe", ["live", "ready"])
    def test_are_not_found_through_a_proxy(self, api: APIClient, probe: str, header: str) -> None:
        assert api.get(f"/health/{probe}", headers={header: "203.0.113.7"}).status_code == 404


@pytest.mark.django_db
class TestReady:
    def test_names_every_check(self, api: APIClient) -> None:
        checks = _checks(api, 200)
        assert {name: check["status"] for name, check in checks.items()} == {
            "database": "ok",
            "public keys": "ok",
        }
        assert checks["public keys"]["detail"] == "1 key(s)"
        assert all(check["ms"] >= 0 for check in checks.values())

    def test_runs_a_registered_check(self, api: APIClient) -> None:
        health.register("cache")(lambda: "99 % hits")
        assert _checks(api, 200)["cache"]["detail"] == "99 % hits"

    def test_shows_which_check_fails_and_runs_the_others(self, api: APIClient) -> None:
        @health.register("cache")
        def check() -> None:
            raise OSError("unreachable\na second line")

        health.register("last")(lambda: None)
        checks = _checks(api, 503)
        assert (checks["cache"]["status"], checks["cache"]["detail"]) == ("failing", "OSError: unreachable")
        assert (checks["last"]["status"], checks["last"]["detail"]) == ("ok", "")

    def test_fails_while_the_database_is_unreachable(
        self, api: APIClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        database = unreachable_database()
        monkeypatch.setattr(health, "connection", database)
        check = _checks(api, 503)["database"]
        assert check["status"] == "failing"
        assert check["detail"].startswith("OperationalError: ")
        assert database.settings_dict["PASSWORD"] not in check["detail"]

    def test_needs_no_sign_in(self, api: APIClient) -> None:
        assert api.get("/health/ready").status_code == 200
