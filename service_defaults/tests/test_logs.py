import io
import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from service_defaults import logs
from service_defaults.testing import token_for
from service_defaults.tests.notes import failing_views

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Return the log lines written since the start of the test, parsed as JSON."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(logs.RequestFilter("notes"))
    handler.setFormatter(logs.JsonLines())
    root = logging.getLogger()
    root.addHandler(handler)
    logs.user_id.set("")
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.removeHandler(handler)


class TestALine:
    def test_is_one_json_object_with_its_service(self, lines: Lines) -> None:
        logging.getLogger("notes.views").warning("A %s\nover two lines: ü", "text", extra={"seconds": 1.5})
        [line] = lines()
        time = datetime.fromisoformat(line.pop("time"))
        assert abs(datetime.now(UTC) - time) < timedelta(minutes=1)
        assert line == {
            "level": "WARNING",
            "logger": "notes.views",
            "message": "A text\nover two lines: ü",
            "service": "notes",
            "request_id": "",
            "correlation_id": "",
            "seconds": 1.5,
        }

    def test_has_values_that_are_not_json_as_text(self, lines: Lines, writer: UUID) -> None:
        logging.getLogger("notes").warning("Odd", extra={"who": writer, "what": {1, 2}, "thing": object()})
        assert str(writer) in str(lines()[0]["who"])

    def test_has_the_traceback_of_its_error(self, lines: Lines) -> None:
        try:
            _ = 1 / 0
        except ZeroDivisionError:
            logging.getLogger("notes").exception("Failed")
        [line] = lines()
        assert "ZeroDivisionError" in line["exc_info"]


class TestTheAccessLog:
    def _line(self, lines: Lines) -> dict[str, Any]:
        [line] = [line for line in lines() if line["logger"] == "service_defaults.access"]
        return line

    def test_has_one_line_per_answer(self, api: APIClient, lines: Lines) -> None:
        api.get("/api/nothing", headers={"X-Request-Id": "mine"})
        line = self._line(lines)
        assert (line["method"], line["path"], line["status"]) == ("GET", "/api/nothing", 404)
        assert (line["request_id"], line["level"]) == ("mine", "INFO")
        assert line["ms"] >= 0
        assert line["message"] == "GET /api/nothing 404"

    def test_has_probes_at_debug_level_alone(self, api: APIClient, lines: Lines) -> None:
        api.get("/health/live")
        assert [line for line in lines() if line["level"] != "DEBUG"] == []

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_has_the_status_of_an_unexpected_error(self, api: APIClient, lines: Lines, method: str) -> None:
        api.raise_request_exception = False
        getattr(api, method)("/failing/django/unforeseen")
        assert self._line(lines)["status"] == 500

    @pytest.mark.parametrize("path", ["/api/notes", "/api/notes/me", "/failing/unforeseen", "/api/nothing"])
    def test_has_no_secret(self, signed_in: APIClient, lines: Lines, writer: UUID, path: str) -> None:
        """Neither from cookies, headers, query or body, nor after an error."""
        signed_in.raise_request_exception = False
        token = token_for(writer)
        signed_in.cookies["another"] = "in-a-cookie"
        signed_in.post(
            f"{path}?q=in-the-query",
            {"password": "in-the-body"},
            headers={"Authorization": f"Bearer {token}", "X-Secret": "in-a-header"},
        )
        written = json.dumps(lines())
        assert path in written
        for secret in ("in-a-cookie", "in-the-query", "in-the-body", "in-a-header", token):
            assert secret not in written

    def test_keeps_djangos_request_out_of_its_own_lines(self, api: APIClient, lines: Lines) -> None:
        api.raise_request_exception = False
        api.get("/failing/unforeseen")
        [line] = [line for line in lines() if line["logger"] == "django.request"]
        assert failing_views.SECRET in line["exc_info"]
        assert not {"request", "response"} & set(line)
        assert line["status_code"] == 500
