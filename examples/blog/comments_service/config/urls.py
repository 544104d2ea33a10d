"""The service's routes."""

from django.urls import include, path

from service_defaults import health, problems
from shared_events.health import streams

urlpatterns = [
    path("", include("examples.blog.comments_service.comments.api.urls")),
    path("health/", include("service_defaults.health")),
]

health.register("events")(streams)

handler400 = problems.bad_request
handler404 = problems.not_found
handler500 = problems.server_error
