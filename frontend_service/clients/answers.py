"""What an API's successful response says: its JSON as one of our own types, and where its list goes on."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx

from frontend_service.clients.errors import Unavailable

Schema = TypeVar("Schema")


def read(response: httpx.Response, parse: Callable[[Any], Schema]) -> Schema:
    """Parse the response's JSON. Raises `Unavailable` where it isn't what the API promises."""
    try:
        return parse(response.json())
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unavailable(service=response.request.url.path.split("/")[2]) from error


def next_cursor(response: httpx.Response) -> str:
    """The cursor of a list's next page, by the `Link` header; empty on the last one."""
    url = response.links.get("next", {}).get("url", "")
    return parse_qs(urlsplit(url).query).get("cursor", [""])[0]
