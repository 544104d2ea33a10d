import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from service_defaults import client_ip
from service_defaults.rate_limits import counting
from service_defaults.rate_limits.models import Usage
from service_defaults.rate_limits.rates import Rate, rate
from service_defaults.testing import token_for

NOTES = "/api/notes/me"
TWO = Rate(name="writes", limit=2, seconds=60)


@pytest.fixture(autouse=True)
def _two_writes(settings) -> None:
    settings.RATES = {"writes": TWO, "reads": None}


def _write(address: str = "192.0.2.1", user: UUID | None = None, **headers: str) -> Any:
    if user:
        headers["Authorization"] = f"Bearer {token_for(user)}"
    return APIClient().post(NOTES, headers=headers, REMOTE_ADDR=address)


def _statuses(*subjects: dict[str, Any]) -> list[int]:
    return [_write(**subject).status_code for subject in subjects]


class TestARate:
    def test_is_shown_in_the_headers(self) -> None:
        answer = _write()
        assert answer["RateLimit-Policy"] == '"writes";q=2;w=60'
        assert answer["RateLimit"] == '"writes";r=1;t=60'

    def test_refuses_a_request_above_it_with_retry_after(self) -> None:
        assert _statuses({}, {}) == [200, 200]
        answer = _write()
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (429, "throttled")
        assert answer["Content-Type"] == "application/problem+json"
        assert 1 <= int(answer["Retry-After"]) <= 60
        assert answer["RateLimit"].startswith('"writes";r=0;t=')

    def test_starts_at_zero_after_its_window(self) -> None:
        _statuses({}, {}, {})
        Usage.objects.update(resets_at=timezone.now() - timedelta(seconds=1))
        assert _write()["RateLimit"] == '"writes";r=1;t=60'

    def test_is_counted_per_address(self) -> None:
        other = {"address": "192.0.2.2"}
        assert _statuses({}, {}, {}, other, other, other) == [200, 200, 429, 200, 200, 429]

    def test_is_counted_per_user_at_any_address(self, writer: UUID) -> None:
        here, there = ({"address": f"192.0.2.{number}", "user": writer} for number in (1, 2))
        assert _statuses(here, there, here, {"address": "192.0.2.1"}) == [200, 200, 429, 200]

    def test_is_counted_per_ipv6_network(self) -> None:
        one, same_network = {"address": "2001:db8::1"}, {"address": "2001:db8::ffff:1"}
        assert _statuses(one, same_network, one, {"address": "2001:db8:0:1::1"}) == [200, 200, 429, 200]

    def test_is_counted_per_visitor_of_the_frontend(self) -> None:
        one, two = ({client_ip.HEADER: client_ip.sign(f"198.51.100.{number}")} for number in (1, 2))
        assert _statuses(one, one, one, two) == [200, 200, 429, 200]

    def test_is_not_escaped_by_an_unsigned_header(self) -> None:
        claims = [{client_ip.HEADER: f"198.51.100.{number} 00"} for number in range(3)]
        assert _statuses(*claims) == [200, 200, 429]

    def test_limits_reads_only_where_it_is_set(self, settings) -> None:
        answers = [APIClient().get(NOTES) for _ in range(3)]
        assert {answer.status_code for answer in answers} == {200}
        assert "RateLimit" not in answers[0]
        settings.RATES = {"reads": Rate(name="reads", limit=1, seconds=60)}
        assert [APIClient().get(NOTES).status_code for _ in range(2)] == [200, 429]

    def test_is_exact_for_concurrent_requests(self, transactional_db: None) -> None:
        five, over = Rate(name="many", limit=5, seconds=60), []

        def use() -> None:
            over.append(counting.count(five, "a-client").is_over)
            connection.close()

        threads = [threading.Thread(target=use) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert over.count(False) == 5

    def test_stores_no_addresses(self) -> None:
        _write("192.0.2.77")
        assert "192.0.2" not in str(Usage.objects.values().get())

    def test_is_counted_in_an_unlogged_table(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'rate_limits_usage'")
            assert cursor.fetchone() == ("u",)

    def test_is_purged_after_its_window(self) -> None:
        _write()
        assert counting.purge_old_usages() == 0
        Usage.objects.update(resets_at=timezone.now() - timedelta(seconds=1))
        assert counting.purge_old_usages() == 1


class TestARateInTheEnvironment:
    @pytest.mark.parametrize(
        ("text", "expected"), [("7/30", Rate(name="x", limit=7, seconds=30)), ("off", None)]
    )
    def test_is_read(self, monkeypatch: pytest.MonkeyPatch, text: str, expected: Rate | None) -> None:
        monkeypatch.setenv("X_RATE", text)
        assert rate("x", variable="X_RATE", default="1/1") == expected

    @pytest.mark.parametrize("text", ["0/60", "7", "7/0", "-1/60", "many", "7/60/2", "٧/60"])
    def test_is_refused_with_an_example(self, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
        monkeypatch.setenv("X_RATE", text)
        with pytest.raises(ImproperlyConfigured, match="for example X_RATE=5/60"):
            rate("x", variable="X_RATE", default="5/60")
