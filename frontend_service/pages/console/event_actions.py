"""The pages that ask before a redrive, a discard, or resuming a stream."""

from abc import abstractmethod
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from frontend_service.clients.staff import Staff
from frontend_service.clients.staff_schemas import HaltedStream, ParkedEvent
from frontend_service.pages.console.access import name_of
from frontend_service.pages.console.confirmation import Confirmation, ConfirmView, back_in
from frontend_service.pages.console.event_pages import known_service, position_in
from frontend_service.pages.console.things import Fact, story_address
from frontend_service.pages.forms import is_id
from frontend_service.pages.visitor import PageRequest


class _ParkedAction(ConfirmView):
    """An action on one parked event."""

    def confirmation(self, request: PageRequest, **kwargs: Any) -> Confirmation:
        """The action on the event; raises Http404."""
        service, parked_id = kwargs["service"], kwargs["parked_id"]
        known_service(service)
        api = Staff(request.api.gateway, service)
        return self.confirm(request, api, service, api.get_parked(parked_id))

    @abstractmethod
    def confirm(self, request: PageRequest, api: Staff, service: str, parked: ParkedEvent) -> Confirmation:
        """What the page says and does."""


class Redrive(_ParkedAction):
    """`/console/events/<service>/<id>/redrive`: have it tried again, or all with the same error (`alike`)."""

    def confirm(self, request: PageRequest, api: Staff, service: str, parked: ParkedEvent) -> Confirmation:
        """Say whether it is one event, or all with its error."""
        alike = bool(request.GET.get("alike"))
        effects: list[str | Promise] = [
            _("All events of %(service)s with this error are tried again.") % {"service": name_of(service)}
            if alike
            else _("The event is tried again."),
            *_behind(parked, _("%(count)d later event that waits behind it follows."),
                     _("%(count)d later events that wait behind it follow.")),
            _("If it fails again, it is parked again, and nothing is lost."),
        ]  # fmt: skip
        return Confirmation(
            title=_("Redrive all events with this error?") if alike else _("Redrive this event?"),
            button=_("Redrive all") if alike else _("Redrive"),
            effects=effects,
            act=partial(_redrive, api, parked.id, alike=alike),
            # An event that is applied has no page any more.
            back=back_in(request, default=reverse("console_events")),
            facts=_facts_of(service, parked),
        )


class Discard(_ParkedAction):
    """`/console/events/<service>/<id>/discard`: never apply it."""

    def confirm(self, request: PageRequest, api: Staff, service: str, parked: ParkedEvent) -> Confirmation:
        """Say what discarding it means."""
        effects: list[str | Promise] = [
            _("%(service)s never applies this event: its data keeps what it has now.")
            % {"service": name_of(service)},
            *_behind(parked, _("%(count)d later event that waits behind it is applied without it."),
                     _("%(count)d later events that wait behind it are applied without it.")),
            _("Who discarded it, when and why is stored. You can’t undo it."),
        ]  # fmt: skip
        return Confirmation(
            title=_("Discard this event?"),
            button=_("Discard"),
            effects=effects,
            act=partial(_discard, api, parked.id),
            back=back_in(request, default=reverse("console_events")),
            facts=_facts_of(service, parked),
            is_final=True,
        )


class Resume(ConfirmView):
    """`/console/events/<service>/streams/<stream>/resume`: follow a halted stream again."""

    def confirmation(self, request: PageRequest, **kwargs: Any) -> Confirmation:
        """Where it resumes (`from`; where it stopped), and what is lost; raises Http404."""
        service, stream = kwargs["service"], kwargs["stream"]
        known_service(service)
        position, last_id = position_in(request.GET.get("from", "")), request.GET.get("lastId", "").strip()
        last_id = last_id if is_id(last_id) else ""
        api = Staff(request.api.gateway, service)
        found = api.get_stream(stream, position=position)
        return Confirmation(
            title=_("Resume the stream %(stream)s?") % {"stream": stream},
            button=_("Resume"),
            effects=_effects_of_resuming(found, position),
            act=partial(_resume, api, stream, position, last_id),
            back=reverse("console_stream", args=[service, stream]),
            facts=[
                Fact(name=_("Service"), text=name_of(service)),
                Fact(name=_("Stopped at position"), text=str(found.followed.position)),
                Fact(name=_("Halted because"), text=found.followed.halt_reason or "–", is_code=True),
            ],
            is_final=position is not None,
        )


def _effects_of_resuming(found: HaltedStream, position: int | None) -> list[str | Promise]:
    if position is None:
        return [
            _("The stream goes on where it stopped, after position %(position)d.")
            % {"position": found.followed.position},
            _("If the cause isn’t gone, it halts again. Nothing is lost."),
        ]
    lost = ngettext(
        "%(count)d event that was received is given up, unless the publisher’s log still has it.",
        "%(count)d events that were received are given up, unless the publisher’s log still has them.",
        found.lost_count,
    )
    return [
        _("The stream goes on after position %(position)d of the publisher’s log.") % {"position": position},
        lost % {"count": found.lost_count},
        _("What is given up is listed as skipped until somebody has compared the services."),
        _("You can’t undo it."),
    ]


def _behind(parked: ParkedEvent, one: str, many: str) -> list[str]:
    count = parked.waiting_behind
    return [(one if count == 1 else many) % {"count": count}] if count else []


def _redrive(api: Staff, parked_id: str, reason: str, *, alike: bool) -> str:
    count = api.redrive(parked_id, reason=reason, alike=alike)
    text = ngettext(
        "%(count)d event is being tried again. It leaves the list once it is applied.",
        "%(count)d events are being tried again. They leave the list once they are applied.",
        count,
    )
    return text % {"count": count}


def _discard(api: Staff, parked_id: str, reason: str) -> str:
    api.discard(parked_id, reason=reason)
    return _("Event discarded.")


def _resume(api: Staff, stream: str, position: int | None, last_id: str, reason: str) -> str:
    result = api.resume(stream, reason=reason, position=position, last_id=last_id)
    return _("The stream %(stream)s is followed again, from position %(position)s.") % {
        "stream": stream,
        "position": result.get("position", "–"),
    }


def _facts_of(service: str, parked: ParkedEvent) -> list[Fact]:
    kind = "account" if parked.stream == "user" else parked.stream
    return [
        Fact(name=_("Service"), text=name_of(service)),
        Fact(name=_("Event"), text=f"{parked.type} ({parked.stream} {parked.position})", is_code=True),
        Fact(
            name=_("About"),
            text=parked.aggregate_id,
            url=story_address(kind, parked.aggregate_id),
            is_code=True,
        ),
        Fact(name=_("Error"), text=parked.error or "–", is_code=True),
    ]


def redrive_address(service: str, parked_id: str, *, back: str) -> str:
    """The page that asks before a redrive, and leads back to `back`."""
    path = reverse("console_redrive", args=[service, parked_id])
    return f"{path}?{urlencode({'back': back})}"
