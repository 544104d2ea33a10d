"""OpenAPI 3.1 of a service, at `/api/<prefix>/openapi.json`."""

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
_PROBLEM_RESPONSE = {
    "description": "A problem",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def openapi(prefix: str) -> URLPattern:
    """The url pattern of the document of `/api/<prefix>`."""
    # Its module needs DEFAULT_SCHEMA_CLASS, which is here.
    from drf_spectacular.views import SpectacularJSONAPIView

    return path(f"api/{prefix}/openapi.json", SpectacularJSONAPIView.as_view(), name="openapi")


def only_the_api(endpoints: list[tuple[str, ...]], **_: Any) -> list[tuple[str, ...]]:
    """drf-spectacular preprocessing hook: routes outside /api/ are nobody's contract."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/")]


def describe_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """drf-spectacular postprocessing hook: any other answer of any operation is a problem."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = _PROBLEM
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"].setdefault("default", _PROBLEM_RESPONSE)
    return result


class UseCaseSchema(AutoSchema):
    """Names an operation after its use case: the view `WriteNote` is `writeNote`.

    Where one view has several methods, the method goes before: `getNotes`. The handler's docstring gives the
    summary (its first line) and the description.
    """

    def get_operation_id(self) -> str:
        """The name by which generated clients call it."""
        name: str = type(self.view).__name__
        handlers = [method for method in self.method_mapping if hasattr(self.view, method)]
        return f"{self.method.lower()}{name}" if len(handlers) > 1 else f"{name[0].lower()}{name[1:]}"

    def get_summary(self) -> str:
        """One line."""
        return self.get_description().partition("\n")[0].removesuffix(".")

    def get_tags(self) -> list[str]:
        """One tag per service."""
        return [spectacular_settings.TITLE]


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Either way of showing an access token."""

    target_class = "service_defaults.authentication.TokenAuthentication"
    name = ["bearer", "cookie"]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        """Either will do."""
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        """One definition per name."""
        return [
            {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            {"type": "apiKey", "in": "cookie", "name": access_cookie()},
        ]
