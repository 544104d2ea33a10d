"""The routes of the notes service, and those whose views fail."""

from django.contrib import admin
from django.urls import include, path

from service_defaults import problems
from service_defaults.schema import openapi
from service_defaults.tests.notes import api, failing_views

urlpatterns = [
    path("api/notes", api.Notes.as_view()),
    path("api/notes/me", api.WhoAmI.as_view()),
    path("api/notes/<uuid:note_id>", api.ShowNote.as_view()),
    openapi("notes"),
    path("admin/notes/", admin.site.urls),
    path("health/", include("service_defaults.health")),
    path("failing/database", failing_views.QueryUnreachableDatabase.as_view()),
    path("failing/django/database", failing_views.query_unreachable_database_in_django),
    path("failing/django/<str:kind>", failing_views.fail_in_django),
    path("failing/<str:kind>", failing_views.Fail.as_view()),
]

problems.register(failing_views.QuotaUsedUp, status=402)

handler400 = problems.bad_request
handler403 = problems.permission_denied
handler404 = problems.not_found
handler500 = problems.server_error
