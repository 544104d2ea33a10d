"""Map errors to HTTP responses: `application/problem+json` (RFC 9457).

Every problem has `"errors": [{"message", "code", "field"?}]` too, one entry per error in the input.
"""

import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response

from service_defaults import audit, errors, logs

CONTENT_TYPE = "application/problem+json"

_STATUS: dict[type[errors.DomainError], int] = {
    errors.BusinessRuleViolation: 400,
    errors.NotSignedIn: 401,
    errors.PermissionDenied: 403,
    errors.NotFound: 404,
    errors.RequestInProgress: 409,
    errors.PreconditionFailed: 412,
    errors.IdempotencyKeyReused: 422,
    errors.Unavailable: 503,
}
#: What a service may give a kind of its own.
_CLIENT_ERRORS = range(400, 500)
_SUSPICIOUS = frozenset({401, 403, 429})
_DATABASE_DOWN = (OperationalError, InterfaceError)
_logger = logging.getLogger(__name__)

Entry = dict[str, str]


class DatabaseUnavailable(errors.Unavailable):
    """The service can't reach its data. Please try again."""


def register(kind: type[errors.DomainError], *, status: int) -> None:
    """Answer a service's own kind of error by this status (4xx), and so every error derived from it.

    Call it where the service's urls are. Raises ValueError for another status, and for a kind that has one.
    """
    if status not in _CLIENT_ERRORS or _STATUS.get(kind, status) != status:
        raise ValueError(f"{kind.__name__} can't be answered by {status}")
    _STATUS[kind] = status


def document(status: int, slug: str, entries: Sequence[Entry]) -> dict[str, Any]:
    """Return the problem document for a status, the error's slug and its entries."""
    return {
        "type": f"{settings.PUBLIC_ORIGIN}/problems/{slug}",
        "title": slug.replace("-", " ").capitalize(),
        "status": status,
        "detail": "; ".join(entry["message"].removesuffix(".") for entry in entries),
        "request_id": logs.request_id.get(),
        "errors": list(entries),
    }


def problem(status: int, slug: str, message: str) -> JsonResponse:
    """Return a problem as a Django response, for use outside of DRF's views."""
    body = document(status, slug, [{"message": message, "code": slug}])
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE)


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER. Returns None for unexpected errors, which Django logs."""
    if isinstance(error, _DATABASE_DOWN):
        _logger.error("The database doesn't answer: %r", error)
        error = DatabaseUnavailable()
    if isinstance(error, errors.DomainError):
        return _audited(_of_domain(error), context)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    return _audited(_of_framework(error), context) if isinstance(error, exceptions.APIException) else None


def _audited(response: Response, context: Mapping[str, Any]) -> Response:
    """Log a refusal that may be an attack in the audit log, and return the response."""
    request = context.get("request")
    code = response.data["errors"][0]["code"]
    # A request without sign-in is no sign of an attack.
    if response.status_code in _SUSPICIOUS and request is not None and code != "not-authenticated":
        # Not `request.user`, which would authenticate once more and raise once more.
        user = getattr(getattr(request, "_user", None), "pk", None)
        facts = {"status": response.status_code, "code": code, "method": request.method, "path": request.path}
        audit.log("request.refused", request, user=user, **facts)
    return response


def _of_domain(error: errors.DomainError) -> Response:
    entry = {"message": error.message, "code": error.slug()}
    if error.field:
        entry["field"] = error.field
    status = next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
    headers = {}
    if isinstance(error, errors.Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, errors.NotSignedIn):
        headers["WWW-Authenticate"] = "Bearer"
    return _response(status, error.slug(), [entry], headers)


def _of_framework(error: exceptions.APIException) -> Response:
    headers = {}
    # DRF sets both as plain attributes where they apply.
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    if isinstance(error, exceptions.ValidationError):
        return _response(error.status_code, "invalid-input", list(_entries(error.detail)), headers)
    slug = _slug(getattr(error.detail, "code", None) or error.default_code)
    return _response(error.status_code, slug, list(_entries(error.detail)), headers)


def _entries(detail: Any, field: str = "") -> Iterator[Entry]:
    """Flatten DRF's nested detail; `field` is the dotted path to the input, as in `items.0.price`."""
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            yield from _entries(value, _inner(field, str(key)))
    elif isinstance(detail, list | tuple):
        for index, value in enumerate(detail):
            yield from _entries(value, _inner(field, str(index)) if isinstance(value, Mapping) else field)
    else:
        entry = {"message": str(detail), "code": _slug(getattr(detail, "code", None) or "invalid")}
        yield {**entry, "field": field} if field else entry


def _inner(field: str, key: str) -> str:
    if key == "non_field_errors":
        return field
    return f"{field}.{key}" if field else key


def _slug(code: str) -> str:
    return str(code).replace("_", "-")


def _response(status: int, slug: str, entries: Sequence[Entry], headers: Mapping[str, str]) -> Response:
    body = document(status, slug, entries)
    return Response(body, status=status, headers=dict(headers), content_type=CONTENT_TYPE)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """`handler400` of a service's urls: what Django itself refuses, such as a foreign Host."""
    return problem(400, "bad-request", "The request can't be understood")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """`handler403` of a service's urls."""
    if _is_page(request):
        return defaults.permission_denied(request, exception)
    return problem(403, "permission-denied", "You may not do this")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """`handler404` of a service's urls: an unknown route."""
    if _is_page(request):
        return defaults.page_not_found(request, exception)
    return problem(404, "not-found", "Not found")


def server_error(request: HttpRequest) -> HttpResponse:
    """`handler500` of a service's urls; 503 where the database can't be reached."""
    if _is_page(request):
        return defaults.server_error(request)
    if isinstance(sys.exc_info()[1], _DATABASE_DOWN):
        response = problem(503, DatabaseUnavailable.slug(), DatabaseUnavailable().message)
        response["Retry-After"] = str(DatabaseUnavailable.retry_after)
        return response
    return problem(500, "server-error", "Something went wrong on our side")


def _is_page(request: HttpRequest) -> bool:
    """Whether the response is an HTML page: the operators' admin has the services' only ones."""
    return request.path.startswith("/admin/")
