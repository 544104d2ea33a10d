"""The routes of this service."""

from django.contrib import admin
from django.urls import include, path

from payments_service.payments.paying import PaymentRefused
from service_defaults import health, problems
from service_defaults.schema import openapi
from shared_events.health import streams

urlpatterns = [
    path("", include("payments_service.payments.api.urls")),
    openapi("payments"),
    path("admin/payments/", admin.site.urls),
    path("health/", include("service_defaults.health")),
]

health.register("events")(streams)
problems.register(PaymentRefused, status=402)

handler400 = problems.bad_request
handler403 = problems.permission_denied
handler404 = problems.not_found
handler500 = problems.server_error
