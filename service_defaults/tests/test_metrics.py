"""What is counted of requests: by route, never by path, so that visitors can't make series."""

import socket
import urllib.request
from collections.abc import Callable

import prometheus_client
import pytest
from django.test import Client

from service_defaults import metrics

Count = Callable[..., float]


@pytest.fixture
def count() -> Count:
    """Return how many requests were counted with these labels since the test began."""

    def value(method: str, route: str, status: int) -> float:
        labels = {
            "http_request_method": method, "http_route": route, "http_response_status_code": str(status)
        }  # fmt: skip
        found = prometheus_client.REGISTRY.get_sample_value(f"{metrics.REQUEST_DURATION._name}_count", labels)
        return found or 0

    before: dict[tuple[str, str, int], float] = {}

    def grown(method: str, route: str, status: int) -> float:
        key = (method, route, status)
        return value(*key) - before.setdefault(key, 0)

    for metric in metrics.REQUEST_DURATION.collect():
        for sample in metric.samples:
            if sample.name.endswith("_count"):
                names = ("http_request_method", "http_route", "http_response_status_code")
                method, route, status = (sample.labels[name] for name in names)
                before[method, route, int(status)] = sample.value
    return grown


class TestARequest:
    def test_is_counted_by_its_route(self, client: Client, count: Count) -> None:
        client.get("/health/live")
        assert count("GET", "/health/live", 200) == 1

    def test_that_meets_no_route_is_not_counted_by_its_path(self, client: Client, count: Count) -> None:
        client.get("/no/such/page/17")
        assert count("GET", "none", 404) == 1

    def test_of_an_invented_method_makes_no_series_of_its_own(self, client: Client, count: Count) -> None:
        client.generic("BREW", "/health/live")
        assert count("BREW", "/health/live", 405) == 0
        assert count("_OTHER", "/health/live", 405) + count("_OTHER", "/health/live", 200) == 1


class TestServing:
    def test_answers_where_the_variable_says(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        monkeypatch.setenv("METRICS_BIND", f"127.0.0.1:{port}")
        metrics.serve()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            assert b"http_server_request_duration_seconds" in answer.read()

    def test_without_one_nothing_listens(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("METRICS_BIND", raising=False)
        monkeypatch.setattr(prometheus_client, "start_http_server", None)
        metrics.serve()

    def test_a_process_works_without_it(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setenv("METRICS_BIND", "127.0.0.1:none")
        metrics.serve()
        assert "No metrics at 127.0.0.1:none" in caplog.text
