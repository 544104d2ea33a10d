import io

import pytest
from rest_framework.exceptions import ParseError
from rest_framework.test import APIClient

from service_defaults.parsers import JSONParser


def _parse(body: bytes) -> dict[str, object]:
    return JSONParser().parse(io.BytesIO(body))


class TestAJsonBody:
    def test_is_an_object(self) -> None:
        assert _parse('{"a": [1, 2.5, true, null, "ü"], "b": {}}'.encode()) == {
            "a": [1, 2.5, True, None, "ü"],
            "b": {},
        }

    @pytest.mark.parametrize("body", [b"[]", b'"text"', b"12", b"null", b"true"])
    def test_is_refused_where_it_is_no_object(self, body: bytes) -> None:
        with pytest.raises(ParseError, match="must be a JSON object"):
            _parse(body)

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"{'a': 1}",
            b'{"a": 1,}',
            b'{"a": NaN}',
            b'{"a": Infinity}',
            b'{"a": -Infinity}',
            b'{"a": 1e999}',
            b'{"a": -1e999}',
            b'{"a": ' + b"9" * 5000 + b"}",
            b'{"a": "\x00"}',
            b'{"a": "\xff"}',
            '{"a": "ü"}'.encode("latin-1"),
            '{"a": 1}'.encode("utf-16"),
            b'\xef\xbb\xbf{"a": 1}',
            rb'{"a": ["\ud800"]}',
            rb'{"\udfff": 1}',
            rb'{"a": "\udfff\ud800"}',
            b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
            b'{"a": ' * 100_000 + b"1" + b"}" * 100_000,
        ],
        ids=lambda body: ascii(body[:20]),
    )
    def test_is_refused_when_it_is_not_json(self, body: bytes) -> None:
        with pytest.raises(ParseError, match="not valid JSON"):
            _parse(body)

    def test_may_have_a_surrogate_pair(self) -> None:
        assert _parse(rb'{"a": "\ud83c\udfab"}') == {"a": "🎫"}

    def test_that_is_refused_is_a_problem(self, signed_in: APIClient) -> None:
        answer = signed_in.post("/api/notes", b"[" * 100_000, content_type="application/json")
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
