import re

import pytest
from rest_framework.test import APIClient

from service_defaults import logs


class TestARequestId:
    @pytest.mark.parametrize("given", ["a", "from-a.test_1", "x" * 64])
    def test_of_the_caller_is_returned(self, api: APIClient, given: str) -> None:
        assert api.get("/health/live", headers={"X-Request-Id": given})["X-Request-Id"] == given

    @pytest.mark.parametrize("given", [None, "", "x" * 65, "two words", "a\nb", "ü", "<b>", "a;b"])
    def test_that_is_missing_or_malformed_is_generated(self, api: APIClient, given: str | None) -> None:
        extra = {} if given is None else {"HTTP_X_REQUEST_ID": given}
        made = api.get("/health/live", **extra)["X-Request-Id"]
        assert re.fullmatch("[0-9a-f]{32}", made)

    def test_is_another_for_each_request(self, api: APIClient) -> None:
        assert len({api.get("/health/live")["X-Request-Id"] for _ in range(3)}) == 3

    def test_ends_with_its_request(self, api: APIClient) -> None:
        api.get("/health/live", headers={"X-Request-Id": "mine"})
        assert logs.request_id.get() == ""

    def test_is_returned_with_an_unexpected_error(self, api: APIClient) -> None:
        api.raise_request_exception = False
        answer = api.get("/failing/django/unforeseen", headers={"X-Request-Id": "mine"})
        assert (answer.status_code, answer["X-Request-Id"], answer.json()["request_id"]) == (
            500,
            "mine",
            "mine",
        )


class TestAnAnswer:
    def test_is_not_cached_by_default(self, signed_in: APIClient) -> None:
        assert signed_in.get("/api/notes/me")["Cache-Control"] == "no-store"

    def test_is_never_framed_or_sniffed(self, api: APIClient) -> None:
        answer = api.get("/health/live")
        assert (answer["X-Frame-Options"], answer["X-Content-Type-Options"]) == ("DENY", "nosniff")
