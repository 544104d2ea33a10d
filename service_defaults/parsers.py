"""A strict parser of JSON request bodies for DRF."""

import json
from collections.abc import Mapping
from math import isinf
from typing import IO, Any, NoReturn

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser


class JSONParser(BaseParser):
    """Parses a JSON object as RFC 8259 defines it: UTF-8, no NaN or Infinity. Other JSON values are refused.

    With DRF's own parser a body nested deeper than the interpreter's stack is a server error.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return the decoded object; raise `ParseError` where the body isn't JSON, or not an object."""
        try:
            text = stream.read().decode("utf-8")
            document = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
            _refuse_lone_surrogates(text, document)
        except (ValueError, RecursionError):
            raise ParseError("The body is not valid JSON") from None
        if not isinstance(document, dict):
            raise ParseError("The body must be a JSON object")
        return document


def _finite(number: str) -> float:
    value = float(number)
    # `1e999` is read as Infinity.
    if isinf(value):
        raise ValueError(number)
    return value


def _refuse_lone_surrogates(text: str, document: Any) -> None:
    # Half of a surrogate pair ("\ud800") is valid JSON, but can be neither stored nor encoded as UTF-8.
    # Only an escape can write one, so bodies without escapes skip the check.
    if "\\u" in text:
        json.dumps(document, ensure_ascii=False).encode()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
