from typing import Any

import pytest
from rest_framework.test import APIClient

from service_defaults import health
from service_defaults.tests.notes.trouble import dead_database


@pytest.fixture(autouse=True)
def _own_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test registers is gone after it."""
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
    def test_asks_nothing_but_the_process(self, api: APIClient) -> None:
        """No database is open to this test."""
        assert api.get("/health/live").json() == {"status": "ok"}

    @pytest.mark.parametrize("probe", ["live", "ready"])
    def test_is_for_reading(self, api: APIClient, probe: str) -> None:
        assert api.post(f"/health/{probe}").status_code == 405


class TestEitherProbe:
    @pytest.mark.parametrize("sign", ["X-Forwarded-For", "Forwarded"])
    @pytest.mark.parametrize("probe", ["live", "ready"])
    def test_is_not_found_through_a_proxy(self, api: APIClient, probe: str, sign: str) -> None:
        assert api.get(f"/health/{probe}", headers={sign: "203.0.113.7"}).status_code == 404


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

    def test_knows_a_check_that_was_registered(self, api: APIClient) -> None:
        health.register("kettle")(lambda: "still warm")
        assert _checks(api, 200)["kettle"]["detail"] == "still warm"

    def test_tells_what_fails_and_asks_the_others_all_the_same(self, api: APIClient) -> None:
        @health.register("kettle")
        def boil() -> None:
            raise OSError("no water\nand a long story about it")

        health.register("last")(lambda: None)
        checks = _checks(api, 503)
        assert (checks["kettle"]["status"], checks["kettle"]["detail"]) == ("failing", "OSError: no water")
        assert (checks["last"]["status"], checks["last"]["detail"]) == ("ok", "")

    def test_fails_while_the_database_is_away(self, api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
        dead = dead_database()
        monkeypatch.setattr(health, "connection", dead)
        check = _checks(api, 503)["database"]
        assert check["status"] == "failing"
        assert check["detail"].startswith("OperationalError: ")
        assert dead.settings_dict["PASSWORD"] not in check["detail"]

    def test_needs_no_signing_in(self, api: APIClient) -> None:
        assert api.get("/health/ready").status_code == 200
