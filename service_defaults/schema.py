"""The OpenAPI 3.1 document of a service, at `/api/<prefix>/openapi.json`."""

from http import HTTPStatus
from typing import Any

from django.urls import URLPattern, path
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.settings import spectacular_settings

from service_defaults.authentication import access_cookie

_ENTRY = {
    "type": "object",
    "required": ["message", "code"],
    "properties": {
        "message": {"type": "string"},
        "code": {"type": "string"},
        "field": {"type": "string", "description": "The input it is about, dotted where nested"},
    },
}
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "detail", "request_id", "errors"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "Ends in the error's slug"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {"type": "array", "items": _ENTRY},
    },
}
_PROBLEM_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_CONDITIONAL_METHODS = frozenset({"PUT", "PATCH", "DELETE"})


def openapi(prefix: str) -> URLPattern:
    """Return the url pattern of the document of `/api/<prefix>`."""
    # Imported late: its module reads DEFAULT_SCHEMA_CLASS, which is in this module.
    from drf_spectacular.views import SpectacularJSONAPIView

    return path(f"api/{prefix}/openapi.json", SpectacularJSONAPIView.as_view(), name="openapi")


def only_the_api(endpoints: list[tuple[str, ...]], **_: Any) -> list[tuple[str, ...]]:
    """drf-spectacular preprocessing hook: leave out routes outside /api/."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/")]


def describe_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """drf-spectacular postprocessing hook: add the schema of a problem."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = _PROBLEM
    return result


def error_statuses_of(operation: dict[str, Any], method: str) -> set[int]:
    """Return the error statuses that an operation may have, as far as its description shows."""
    parameters = operation.get("parameters", [])
    found = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
    if parameters or "requestBody" in operation:
        found.add(HTTPStatus.BAD_REQUEST)
    if "requestBody" in operation:
        found |= {
            HTTPStatus.LENGTH_REQUIRED,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        }
    if operation.get("security"):
        found |= {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    if any(parameter["in"] == "path" for parameter in parameters):
        found.add(HTTPStatus.NOT_FOUND)
        if method in _CONDITIONAL_METHODS:
            found.add(HTTPStatus.PRECONDITION_FAILED)
    if any(parameter["name"] == "Idempotency-Key" for parameter in parameters):
        found |= {HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}
    return {int(status) for status in found}


class UseCaseSchema(AutoSchema):
    """Names an operation after its view (`WriteNote` is `writeNote`), and lists its errors.

    Where a view has several methods, the method is the prefix: `getNotes`. The handler's docstring gives the
    summary (its first line) and the description. A view's `error_statuses` are those that can't be derived
    from its operation.
    """

    def get_operation(self, *args: Any, **options: Any) -> dict[str, Any] | None:
        """Return the operation, with a problem for each error status."""
        operation: dict[str, Any] | None = super().get_operation(*args, **options)
        if operation is not None:
            error_statuses = error_statuses_of(operation, self.method) | set(
                getattr(self.view, "error_statuses", ())
            )
            for status in sorted(error_statuses):
                described = {"description": HTTPStatus(status).phrase, "content": _PROBLEM_CONTENT}
                operation["responses"].setdefault(str(status), described)
        return operation

    def get_operation_id(self) -> str:
        """Return the operation's id, which generated clients use as a name."""
        name: str = type(self.view).__name__
        handlers = [method for method in self.method_mapping if hasattr(self.view, method)]
        return f"{self.method.lower()}{name}" if len(handlers) > 1 else f"{name[0].lower()}{name[1:]}"

    def get_summary(self) -> str:
        """Return the first line of the description."""
        return self.get_description().partition("\n")[0].removesuffix(".")

    def get_tags(self) -> list[str]:
        """Return the view's own `tags`, else one tag per service."""
        return [*getattr(self.view, "tags", (spectacular_settings.TITLE,))]


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The two ways to send an access token."""

    target_class = "service_defaults.authentication.TokenAuthentication"
    name = ["bearer", "cookie"]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        """Return both as alternatives."""
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        """Return one definition per name."""
        return [
            {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            {"type": "apiKey", "in": "cookie", "name": access_cookie()},
        ]
