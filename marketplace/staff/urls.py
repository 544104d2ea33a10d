"""The routes below `/api/<service>/staff/` that every service has."""

from django.urls import path

from marketplace.staff import events, parked, streams

urlpatterns = [
    path("events", events.ShowEventStatus.as_view()),
    path("events/log", events.SearchEventLog.as_view()),
    path("events/parked", parked.ListParkedEvents.as_view()),
    path("events/parked/<int:parked_id>", parked.ShowParkedEvent.as_view()),
    path("events/parked/<int:parked_id>/redrive", parked.RedriveParkedEvent.as_view()),
    path("events/parked/<int:parked_id>/discard", parked.DiscardParkedEvent.as_view()),
    path("events/streams/<str:stream>", streams.ShowFollowedStream.as_view()),
    path("events/streams/<str:stream>/resume", streams.ResumeStream.as_view()),
]
