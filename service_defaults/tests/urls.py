"""The notes' routes, and those on which something goes wrong."""

from django.contrib import admin
from django.urls import include, path

from service_defaults import problems
from service_defaults.schema import openapi
from service_defaults.tests.notes import api, trouble

urlpatterns = [
    path("api/notes", api.Notes.as_view()),
    path("api/notes/me", api.WhoAmI.as_view()),
    path("api/notes/<uuid:note_id>", api.ShowNote.as_view()),
    openapi("notes"),
    path("admin/notes/", admin.site.urls),
    path("health/", include("service_defaults.health")),
    path("trouble/database", trouble.AskADeadDatabase.as_view()),
    path("trouble/plain/database", trouble.ask_a_dead_database_plainly),
    path("trouble/plain/<str:kind>", trouble.fail_plainly),
    path("trouble/<str:kind>", trouble.Fail.as_view()),
]

handler400 = problems.bad_request
handler403 = problems.permission_denied
handler404 = problems.not_found
handler500 = problems.server_error
