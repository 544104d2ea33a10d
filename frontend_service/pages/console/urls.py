"""The console's URLs."""

from django.urls import path

from frontend_service.pages.console import actions, event_actions, event_pages, lists, search, story, today

_PARKED = "console/events/<slug:service>/<slug:parked_id>"
_STREAM = "console/events/<slug:service>/streams/<slug:stream>"

urlpatterns = [
    path("console/", today.Today.as_view(), name="console_today"),
    path("console/events", event_pages.Events.as_view(), name="console_events"),
    path(_PARKED, event_pages.Parked.as_view(), name="console_parked"),
    path(f"{_PARKED}/redrive", event_actions.Redrive.as_view(), name="console_redrive"),
    path(f"{_PARKED}/discard", event_actions.Discard.as_view(), name="console_discard"),
    path(_STREAM, event_pages.Stream.as_view(), name="console_stream"),
    path(f"{_STREAM}/resume", event_actions.Resume.as_view(), name="console_resume"),
    path("console/search", search.Search.as_view(), name="console_search"),
    path("console/lists/<slug:kind>", lists.ThingList.as_view(), name="console_list"),
    path("console/story/<slug:kind>/<uuid:thing_id>", story.Story.as_view(), name="console_story"),
    path("console/<slug:kind>/<uuid:thing_id>/<slug:verb>", actions.Act.as_view(), name="console_act"),
]
