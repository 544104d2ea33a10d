"""Reading request bodies."""

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser


class JSONParser(BaseParser):
    """A JSON object as RFC 8259 has it: UTF-8, no NaN or Infinity. Every body of ours is an object.

    The stock parser answers nesting deeper than the interpreter's stack with a server error.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The decoded object; raises `ParseError` where the body isn't JSON, or not an object."""
        try:
            document = json.loads(stream.read().decode("utf-8"), parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise ParseError("The body is not valid JSON") from None
        if not isinstance(document, dict):
            raise ParseError("The body must be a JSON object")
        return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
