"""Probes: `/health/live` (the process answers) and `/health/ready` (named checks, each with its state).

Add to a service's urls as `path("health/", include("service_defaults.health"))`. They are for whoever runs
the service: what came through a proxy, the ingress above all, finds nothing here.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe

Check = Callable[[], str | None]

_checks: dict[str, Check] = {}


def register(name: str) -> Callable[[Check], Check]:
    """Make the decorated function a check: an exception says failing, a text is its detail."""

    def add(check: Check) -> Check:
        _checks[name] = check
        return check

    return add


#: What every proxy adds that tells the next one whom it speaks for.
_SIGNS_OF_A_PROXY = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED")


def direct_only(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Decorator: 404 for a request that a proxy has handed on."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        if any(sign in request.META for sign in _SIGNS_OF_A_PROXY):
            raise Http404
        return view(request)

    return answer


@direct_only
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """The process is there."""
    return JsonResponse({"status": "ok"})


@direct_only
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 where every check passes, else 503; names each check either way."""
    checks = {name: _run(check) for name, check in _checks.items()}
    passed = all(result["status"] == "ok" for result in checks.values())
    body = {"status": "ok" if passed else "failing", "checks": checks}
    return JsonResponse(body, status=200 if passed else 503)


def _run(check: Check) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        status, detail = "ok", check() or ""
    except Exception as error:
        status, detail = "failing", f"{type(error).__name__}: {error}".splitlines()[0]
    return {"status": status, "detail": detail, "ms": round((time.perf_counter() - started) * 1000, 1)}


@register("database")
def _database_answers() -> str | None:
    if connection.vendor == "unknown":
        return "this service has none"
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return None


urlpatterns = [path("live", live), path("ready", ready)]
