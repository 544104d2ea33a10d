"""The console's pages about events: all services' streams, one parked event, one followed stream."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.urls import reverse

from frontend_service.clients.gateway import Gateway
from frontend_service.clients.parallel import call_all
from frontend_service.clients.schemas import ListPage
from frontend_service.clients.staff import PREFIXES, Staff
from frontend_service.clients.staff_schemas import EventStatus, ParkedEvent
from frontend_service.pages.console.access import ConsoleView, missing_services, name_of
from frontend_service.pages.console.things import kind_of_stream, read_thing
from frontend_service.pages.console.troubles import troubles_of
from frontend_service.pages.visitor import PageRequest

ParkedPage = ListPage[ParkedEvent]
#: The digits of a position, which is a 64-bit number.
_MAX_DIGITS = 18


@dataclass(frozen=True, kw_only=True)
class ServiceState:
    """A service on the page of events."""

    service: str
    name: str
    status: EventStatus


class Events(ConsoleView):
    """`/console/events`: how events flow through all services, and which could not be applied."""

    def get(self, request: PageRequest) -> HttpResponse:
        """The services' states and their parked events, those of `service` alone, with `error` in theirs."""
        chosen = request.GET.get("service", "")
        listed = [chosen] if chosen in PREFIXES else list(PREFIXES)
        error, cursor = request.GET.get("error", "").strip(), request.GET.get("cursor", "")
        calls: dict[tuple[str, str], Callable[[Gateway], Any]] = {
            ("status", service): partial(_read_status, service) for service in PREFIXES
        }
        calls |= {
            ("parked", service): partial(_read_parked, service, cursor if chosen in PREFIXES else "")
            for service in listed
        }
        answers = call_all(request.api.gateway, calls)
        pages = {service: answers.found.get(("parked", service)) for service in listed}
        states = _states(answers.found)
        context = {
            "states": states,
            "troubles": [one for state in states for one in troubles_of(state.service, state.status)],
            "parked": list(_rows(pages, error)),
            "more": list(_more(pages, error)),
            "missing": missing_services(answers.failed),
            "services": [(service, name_of(service)) for service in PREFIXES],
            "chosen": chosen,
            "error_filter": error,
            "is_later_page": bool(cursor),
        }
        return self.show(request, "events.html", context)


def _states(found: dict[tuple[str, str], Any]) -> list[ServiceState]:
    """The services that answered, in their usual order."""
    return [
        ServiceState(service=service, name=name_of(service), status=status)
        for service in PREFIXES
        if (status := found.get(("status", service)))
    ]


def _read_status(service: str, gateway: Gateway) -> EventStatus:
    return Staff(gateway, service).get_event_status()


def _read_parked(service: str, cursor: str, gateway: Gateway) -> ParkedPage:
    return Staff(gateway, service).list_parked(cursor=cursor)


def _rows(pages: dict[str, ParkedPage | None], error: str) -> Iterable[tuple[str, str, ParkedEvent]]:
    """Each parked event with its service and that one's name; `error` is searched in any case."""
    for service, page in pages.items():
        for parked in page.items if page else ():
            if error.lower() in parked.error.lower():
                yield service, name_of(service), parked


def _more(pages: dict[str, ParkedPage | None], error: str) -> Iterable[tuple[str, str]]:
    """Links to the next pages: the service's name and the address."""
    for service, page in pages.items():
        if page and page.cursor:
            query = {"service": service, "error": error, "cursor": page.cursor}
            yield name_of(service), f"?{urlencode(query)}#parked"


class Parked(ConsoleView):
    """`/console/events/<service>/<id>`: one parked event."""

    def get(self, request: PageRequest, service: str, parked_id: str) -> HttpResponse:
        """Its error, its data, what waits behind it, and what may be done; raises Http404."""
        known_service(service)
        parked = Staff(request.api.gateway, service).get_parked(parked_id)
        context = {
            "service": service,
            "service_name": name_of(service),
            "parked": parked,
            "about": _label_of(parked),
        }
        return self.show(request, "parked.html", context)


def _label_of(parked: ParkedEvent) -> str:
    """The name of what the event is about, where its data has one."""
    kind, data = kind_of_stream(parked.stream), parked.envelope.get("data")
    return read_thing(kind, data).label if kind and isinstance(data, dict) else ""


class Stream(ConsoleView):
    """`/console/events/<service>/streams/<stream>`: one stream that a service follows."""

    def get(self, request: PageRequest, service: str, stream: str) -> HttpResponse:
        """Why it has halted, and what resuming it from the position `from` would lose; raises Http404."""
        known_service(service)
        position = position_in(request.GET.get("from", ""))
        found = Staff(request.api.gateway, service).get_stream(stream, position=position)
        last_id = request.GET.get("lastId", "").strip()
        query = {} if position is None else {"from": position} | ({"lastId": last_id} if last_id else {})
        context = {
            "service": service,
            "service_name": name_of(service),
            "stream": found.followed,
            "lost": found.lost,
            "lost_count": found.lost_count,
            "position": position,
            "last_id": last_id,
            "resume": reverse("console_resume", args=[service, stream])
            + (f"?{urlencode(query)}" if query else ""),
        }
        return self.show(request, "stream.html", context)


def known_service(service: str) -> None:
    """Raises Http404 for a service that there isn't."""
    if service not in PREFIXES:
        raise Http404


def position_in(text: str) -> int | None:
    """A position from a form; None where it is empty or no position."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else None
