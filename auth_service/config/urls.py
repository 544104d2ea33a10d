"""The urls of the auth service."""

from django.contrib import admin
from django.urls import include, path

from service_defaults import health, problems
from service_defaults.schema import openapi
from shared_events.health import streams

urlpatterns = [
    path("api/users/", include("auth_service.accounts.api.urls")),
    openapi("users"),
    path("admin/auth/", admin.site.urls),
    path("health/", include("service_defaults.health")),
]

health.register("events")(streams)

handler400 = problems.bad_request
handler403 = problems.permission_denied
handler404 = problems.not_found
handler500 = problems.server_error
