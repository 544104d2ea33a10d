"""The fake marketplace's responses: cookies, problems, documents."""

import itertools
import json
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx

Json = dict[str, Any]
_numbers = itertools.count(1)


def new_id() -> str:
    """An id that sorts by its age, like UUIDv7."""
    milliseconds = int(time.time() * 1000)
    return str(UUID(int=(milliseconds << 80) | (0x7 << 76) | (0x2 << 62) | next(_numbers)))


def timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Problem(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, slug: str, message: str, *, name: str = "", retry_after: int = 0) -> None:
        super().__init__(message)
        self.status, self.slug, self.message = status, slug, message
        self.name, self.retry_after = name, retry_after


def cookies(request: httpx.Request) -> dict[str, str]:
    pairs = (pair.strip().partition("=") for pair in request.headers.get("cookie", "").split(";"))
    return {name: value for name, _, value in pairs}


def with_cookies(body: Json, cookies: dict[str, str | None], status: int = 200) -> httpx.Response:
    end = "Path=/; HttpOnly; SameSite=Lax"
    headers = [
        ("Set-Cookie", f"{name}={value}; {end}; Max-Age=1209600" if value else f'{name}=""; {end}; Max-Age=0')
        for name, value in cookies.items()
    ]
    return httpx.Response(status, json=body, headers=headers)


def problem_response(problem: Problem, request: httpx.Request) -> httpx.Response:
    entry = {"message": problem.message, "code": problem.slug} | (
        {"field": problem.name} if problem.name else {}
    )
    body = {
        "type": f"http://testserver/problems/{problem.slug}",
        "title": problem.slug,
        "status": problem.status,
        "detail": problem.message,
        "request_id": request.headers.get("x-request-id", ""),
        "errors": [entry],
    }
    headers = {"Content-Type": "application/problem+json"}
    if problem.retry_after:
        headers["Retry-After"] = str(problem.retry_after)
    return httpx.Response(problem.status, content=json.dumps(body), headers=headers)


def document(service: str) -> Json:
    reference = {"$ref": "#/components/schemas/Item"}
    answer = {"description": "", "content": {"application/json": {"schema": reference}}}
    shared = {"type": "object", "properties": {"detail": {"type": "string"}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": service, "version": "1"},
        "paths": {
            f"/api/{service}": {"get": {"operationId": f"list_{service}", "responses": {"200": answer}}}
        },
        "components": {"schemas": {"Item": {"title": service, "type": "object"}, "Problem": shared}},
    }
