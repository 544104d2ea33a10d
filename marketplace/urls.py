"""The routes that the marketplace's services with a database have alike, and what answers their errors."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from service_defaults import health, problems
from service_defaults.schema import openapi
from shared_events.health import streams

#: Django's `handler400`, `handler403`, `handler404` and `handler500`, which a URLconf has by name.
ERROR_HANDLERS = (
    problems.bad_request,
    problems.permission_denied,
    problems.not_found,
    problems.server_error,
)


def service_urls(
    service: str, *, api: str, prefix: str = "", document: str = ""
) -> list[URLPattern | URLResolver]:
    """Return everything that a service answers to.

    `api` is the module of its API's routes, which are below `prefix`; the API's document is at
    `/api/<document>/openapi.json`, by default under the service's own name, and beside it the operators' API.
    """
    health.register("events")(streams)
    return [
        path(prefix, include(api)),
        path(f"api/{document or service}/staff/", include("marketplace.staff.urls")),
        openapi(document or service),
        path(f"admin/{service}/", admin.site.urls),
        path("health/", include("service_defaults.health")),
    ]
