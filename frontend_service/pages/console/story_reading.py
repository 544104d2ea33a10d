"""Reads a story: everything that happened to one thing, from the logs of all services.

# Note [What a story asks]
The first round asks the thing's owner for it, and every service for its events about it and its parked
events. The second round follows the related ids one level, each in the log of the services that write about
it, and asks for the accounts, since no event has an e-mail address. The calls of a round run at the same
time.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from frontend_service.clients.errors import ApiError, NotFound
from frontend_service.clients.gateway import Gateway
from frontend_service.clients.parallel import call_all
from frontend_service.clients.schemas import Json
from frontend_service.clients.staff import OWNERS, PREFIXES, Staff
from frontend_service.clients.staff_schemas import LogEvent, ParkedEvent
from frontend_service.pages.console.things import (
    Thing,
    kind_of_stream,
    read_thing,
    ticket_in,
    value_of,
    with_hidden,
    with_names,
)
from frontend_service.pages.forms import is_id

#: How many related ids are followed.
MAX_RELATED = 6
# Which services write about a related thing, by its kind: the others' events name it for another reason.
_WRITERS = {
    "account": ("auth",),
    "ticket": ("tickets",),
    "order": ("tickets", "orders", "payments"),
    "payment": ("payments",),
}
# Which kinds are followed from a kind. All that an account did names it, so nothing more is needed there.
_FOLLOWED = {
    "account": frozenset[str](),
    "ticket": frozenset({"order", "account"}),
    "order": frozenset({"ticket", "account", "payment"}),
    "payment": frozenset({"order", "account"}),
}
Call = Callable[[Gateway], Any]
Key = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Story:
    """What was read. `things` starts with the story's own; `parked` has each event's service."""

    things: list[Thing]
    events: list[LogEvent]
    parked: list[tuple[str, ParkedEvent]]
    failed: dict[Key, ApiError]


def read_story(gateway: Gateway, kind: str, thing_id: UUID) -> Story:
    """Read everything about one thing; raises `NotFound` where no service that answers knows it."""
    first = call_all(gateway, _first_round(kind, thing_id))
    detail: Json | None = first.found.pop(("thing",), None)
    parked = {key[1]: first.found.pop(key).items for key in list(first.found) if key[0] == "parked"}
    events = _merge(first.found.values())
    if detail is None and not events and ("thing",) not in first.failed:
        raise NotFound(service=PREFIXES[OWNERS[kind]])
    related = list(_related(kind, str(thing_id), [detail or {}, *(event.data for event in events)], events))
    second = call_all(gateway, _second_round(related[:MAX_RELATED]))
    accounts = {key[1]: second.found.pop(key) for key in list(second.found) if key[0] == "account"}
    events = _merge([events, *second.found.values()])
    own = _own_thing(kind, str(thing_id), detail, events)
    things = [own, *_other_things(own, events, set(related), accounts)]
    things = with_hidden([with_names(thing, things) for thing in things])
    ids = {thing.id for thing in things}
    return Story(
        things=things,
        events=events,
        parked=[
            (service, one) for service, rows in parked.items() for one in rows if one.aggregate_id in ids
        ],
        failed=first.failed | second.failed,
    )


def read_linked(gateway: Gateway, thing: Thing) -> list[Thing]:
    """The things that a thing's facts lead to, as far as their services answer."""
    calls: dict[Key, Call] = {
        (fact.kind, fact.text): partial(_read_thing, fact.kind, UUID(fact.text))
        for fact in thing.facts
        if fact.url
    }
    found = call_all(gateway, calls).found
    return [read_thing(kind, data, thing_id=thing_id) for (kind, thing_id), data in found.items() if data]


def _first_round(kind: str, thing_id: UUID) -> dict[Key, Call]:
    calls: dict[Key, Call] = {("thing",): partial(_read_thing, kind, thing_id)}
    for service in PREFIXES:
        calls["log", service] = partial(_read_log, service, str(thing_id))
        calls["parked", service] = partial(_read_parked, service)
    return calls


def _second_round(related: Iterable[tuple[str, str]]) -> dict[Key, Call]:
    calls: dict[Key, Call] = {}
    for kind, thing_id in related:
        if kind == "account" and is_id(thing_id):
            calls["account", thing_id] = partial(_read_thing, kind, UUID(thing_id))
        for service in _WRITERS[kind]:
            calls["log", service, thing_id] = partial(_read_log, service, thing_id)
    return calls


def _read_thing(kind: str, thing_id: UUID, gateway: Gateway) -> Json | None:
    try:
        return Staff(gateway, OWNERS[kind]).get_thing(kind, thing_id)
    except NotFound:
        return None


def _read_log(service: str, about: str, gateway: Gateway) -> list[LogEvent]:
    return Staff(gateway, service).list_log(about)


def _read_parked(service: str, gateway: Gateway) -> Any:
    return Staff(gateway, service).list_parked()


def _merge(logs: Iterable[Any]) -> list[LogEvent]:
    """All events once, in order of time."""
    unique: dict[str, LogEvent] = {event.id: event for log in logs for event in log}
    return sorted(unique.values(), key=lambda event: (event.occurred_at, event.type, event.version))


def _related(kind: str, own_id: str, data: list[Json], events: list[LogEvent]) -> Iterable[tuple[str, str]]:
    """The kind and id of what the data names and the events are about, each once, the newest first."""
    found: dict[tuple[str, str], None] = {}
    for event in reversed(events):
        found[kind_of(event), event.aggregate_id] = None
    for one in reversed(data):
        for name, named in (("order_id", "order"), ("payment_id", "payment"), ("user_id", "account")):
            found[named, str(value_of(one, name) or "")] = None
        found["ticket", str(ticket_in(one).get("id") or "")] = None
    for related_kind, related_id in found:
        if related_kind in _FOLLOWED[kind] and related_id and related_id != own_id:
            yield related_kind, related_id


def kind_of(event: LogEvent) -> str:
    """The kind of thing that an event is about; empty for another stream."""
    return kind_of_stream(event.type.partition(".")[0])


def _own_thing(kind: str, thing_id: str, detail: Json | None, events: list[LogEvent]) -> Thing:
    last = _last_of(thing_id, events)
    data = detail if detail is not None else last.data if last else {}
    status = str(last.data.get("status") or "") if last else ""
    return read_thing(kind, data, thing_id=thing_id, status=status)


def _other_things(
    own: Thing, events: list[LogEvent], related: set[tuple[str, str]], accounts: dict[str, Json | None]
) -> Iterable[Thing]:
    """The things of the story's events, and those that are only named; `accounts` as the API has them."""
    roles = _roles(events)
    about = dict.fromkeys((kind_of(event), event.aggregate_id) for event in events)
    for kind, thing_id in dict.fromkeys([*about, *sorted(related)]):
        if kind in OWNERS and thing_id != own.id:
            last = _last_of(thing_id, events)
            data = accounts.get(thing_id) or (last.data if last else {})
            thing = read_thing(kind, data, thing_id=thing_id)
            yield replace(thing, role=roles.get(thing_id, ""))


def _roles(events: list[LogEvent]) -> dict[str, str | Promise]:
    """What each account is in the story: the listing's seller, or a buyer."""
    roles: dict[str, str | Promise] = {}
    for event in events:
        user_id = str(value_of(event.data, "user_id") or "")
        if user_id and kind_of(event) in ("ticket", "order", "payment"):
            roles[user_id] = _("Seller") if kind_of(event) == "ticket" else _("Buyer")
    return roles


def _last_of(thing_id: str, events: list[LogEvent]) -> LogEvent | None:
    of_thing = [event for event in events if event.aggregate_id == thing_id]
    return max(of_thing, key=lambda event: event.version, default=None)
