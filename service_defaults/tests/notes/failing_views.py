"""Views that raise each kind of error, by DRF and by plain Django."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connections
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.connection import ConnectionProxy
from rest_framework import exceptions
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from service_defaults import errors

SECRET = "hunter2-and-no-one-may-see-it"


class TooLoud(errors.BusinessRuleViolation):
    """Please be quiet.

    These lines are not part of the message.
    """

    field = "text"


class QuotaUsedUp(errors.DomainError):
    """A kind of the service's own, with a status of its own."""


class TooManyNotes(QuotaUsedUp):
    """You have too many notes"""


class SomewhereElseIsDown(errors.Unavailable):
    """Somewhere else is down."""

    retry_after = 7


KINDS: dict[str, Exception | type[Exception]] = {
    "refused": TooLoud,
    "refused-with-own-message": TooLoud("Not that loud", field="volume"),
    "not-signed-in": errors.NotSignedIn,
    "of-the-services-own": TooManyNotes,
    "permission-denied": errors.PermissionDenied,
    "not-found": errors.NotFound,
    "request-in-progress": errors.RequestInProgress,
    "precondition-failed": errors.PreconditionFailed,
    "idempotency-key-reused": errors.IdempotencyKeyReused,
    "unavailable": SomewhereElseIsDown,
    "throttled": exceptions.Throttled(wait=3),
    "django-404": Http404("a private detail"),
    "django-403": PermissionDenied("a private detail"),
    "unforeseen": RuntimeError(SECRET),
}


def unreachable_database() -> ConnectionProxy:
    """Return a connection to a port on which no server listens."""
    settings: Any = {**connections.settings["default"], "HOST": "127.0.0.1", "PORT": "1"}
    return ConnectionProxy(type(connections)({"default": settings}), "default")


class Fail(APIView):
    permission_classes = (AllowAny,)

    def get(self, request: Request, kind: str) -> Response:
        raise KINDS[kind]


class QueryUnreachableDatabase(APIView):
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> Response:
        unreachable_database().cursor()
        return Response()


def fail_in_django(request: HttpRequest, kind: str) -> HttpResponse:
    """Raise the error outside of DRF."""
    raise KINDS[kind]


def query_unreachable_database_in_django(request: HttpRequest) -> HttpResponse:
    unreachable_database().cursor()
    return HttpResponse()
