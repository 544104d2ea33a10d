"""Health probes: `/health/live` (the process responds) and `/health/ready` (named checks with results).

Add to a service's urls as `path("health/", include("service_defaults.health"))`. A request that came through
a proxy, such as the ingress, gets a 404.
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
    """Register the decorated function as a check: an exception is a failure, a returned text its detail."""

    def add(check: Check) -> Check:
        _checks[name] = check
        return check

    return add


#: Headers by which a proxy names its client.
_PROXY_HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED")


def direct_only(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Decorate a view: 404 for a request that a proxy has forwarded."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        if any(header in request.META for header in _PROXY_HEADERS):
            raise Http404
        return view(request)

    return answer


@direct_only
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """Respond while the process runs."""
    return JsonResponse({"status": "ok"})


@direct_only
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Run every check and return all results: 200 where each passes, else 503."""
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
