"""The service's routes."""

from django.urls import include, path

from examples.blog.query_service.query.pages import show_blog
from service_defaults import health, problems
from shared_events.health import streams

urlpatterns = [
    path("", show_blog),
    path("", include("examples.blog.query_service.query.api.urls")),
    path("health/", include("service_defaults.health")),
]

health.register("events")(streams)

handler400 = problems.bad_request
handler404 = problems.not_found
handler500 = problems.server_error
