"""The console's page of one story: what happened, and what may be done now."""

from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpResponse

from frontend_service.clients.staff import OWNERS
from frontend_service.clients.staff_schemas import LogEvent
from frontend_service.pages.console.access import ConsoleView, missing_services, name_of
from frontend_service.pages.console.actions import offers_for
from frontend_service.pages.console.event_actions import redrive_address
from frontend_service.pages.console.event_texts import caused_by, describe
from frontend_service.pages.console.story_reading import kind_of, read_story
from frontend_service.pages.console.things import story_address
from frontend_service.pages.visitor import PageRequest


@dataclass(frozen=True, kw_only=True)
class Line:
    """One event of the story. `cause` is the event of the same story that led to it, None for a request."""

    event: LogEvent
    text: str
    who: str
    service: str
    url: str
    is_own: bool
    cause: LogEvent | None
    cause_text: str


class Story(ConsoleView):
    """`/console/story/<kind>/<id>`."""

    def get(self, request: PageRequest, kind: str, thing_id: UUID) -> HttpResponse:
        """The story, without what is only in the services that don't answer; raises Http404."""
        if kind not in OWNERS:
            raise Http404
        story = read_story(request.api.gateway, kind, thing_id)
        here = story_address(kind, str(thing_id))
        context = {
            "thing": story.things[0],
            "others": story.things[1:],
            "lines": _lines(story.events, own_id=str(thing_id)),
            "offers": offers_for(story.things, back=here),
            "parked": [
                (name_of(service), service, one, redrive_address(service, one.id, back=here))
                for service, one in story.parked
                if one.state != "waiting"
            ],
            "missing": missing_services(story.failed),
        }
        return self.show(request, "story.html", context)


def _lines(events: list[LogEvent], *, own_id: str) -> list[Line]:
    by_id = {event.id: event for event in events}
    lines = []
    for event in events:
        kind = kind_of(event)
        cause = by_id.get(event.causation_id)
        lines.append(
            Line(
                event=event,
                text=describe(event.type, event.data),
                who=caused_by(event.type, event.data),
                service=name_of(OWNERS[kind]) if kind else "",
                url=story_address(kind, event.aggregate_id),
                is_own=event.aggregate_id == own_id,
                cause=cause,
                cause_text=describe(cause.type, cause.data) if cause else "",
            )
        )
    return lines
