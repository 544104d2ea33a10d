"""Recovering a log that was restored from a backup: its subscribers have received what it has lost.

What they give back is added to the log with its positions and ids, so that it is again the log that they have
read; and the rows that these events tell of are made anew by the functions that `rebuilds` names.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from django.db import connection, transaction
from psycopg.types.json import Jsonb

from shared_events import lease
from shared_events.contracts import Event, published_events
from shared_events.envelope import Envelope, RawEnvelope
from shared_events.models import LoggedEvent, RelayLease
from shared_events.reading import envelopes_after
from shared_events.settings import event_settings

Rebuild = Callable[[Any], None]
R = TypeVar("R", bound=Rebuild)

_rebuilds: dict[str, Rebuild] = {}


class CannotRecover(Exception):
    """What was given back doesn't continue this log."""


@dataclass
class Recovered:
    """What was recovered: events by type, and the ids of aggregates whose rows nobody makes anew."""

    events: Counter[str] = field(default_factory=Counter)
    not_rebuilt: dict[str, list[str]] = field(default_factory=dict)


def rebuilds(contract: type[Event]) -> Callable[[R], R]:
    """Decorator: make this service's own row of an aggregate what an event of its own says that it is.

    Called with the `Envelope` of each recovered event, in order, inside the transaction that recovers the
    log. It records nothing. An event that its row has had already changes nothing.
    """

    def register(function: R) -> R:
        _rebuilds[contract.wire_type()] = function
        return function

    return register


def recover(envelopes: Iterable[RawEnvelope]) -> Recovered:
    """Add events to this service's own log that it has lost, and make their rows anew, in one transaction.

    The envelopes may come from several subscribers and overlap. Raises CannotRecover, with nothing changed,
    when they aren't of this service's streams, leave a gap, or the log has gone on otherwise since it was
    restored.
    """
    given: dict[tuple[str, int], RawEnvelope] = {}
    for envelope in envelopes:
        known = given.setdefault((envelope.stream, envelope.position), envelope)
        _require(known.id == envelope.id, f"{_name(envelope)} was given twice, as different events")
    recovered = Recovered()
    with transaction.atomic():
        _require_no_relay()
        for _, envelope in sorted(given.items()):
            if _is_lost(envelope):
                _recover_one(envelope, recovered)
    return recovered


def _require(is_fine: bool, what: str) -> None:  # noqa: FBT001
    if not is_fine:
        raise CannotRecover(what)


def _require_no_relay() -> None:
    # No relay may give positions meanwhile: one that comes waits for this row.
    RelayLease.objects.select_for_update().filter(id=1).first()
    _require(
        lease.free_for() is not None,
        "A relay of this service is running: stop its processes, recover, and start them again",
    )


def _is_lost(envelope: RawEnvelope) -> bool:
    """Return whether it is the next event of the log. What the log has is compared, and left alone."""
    _require(
        envelope.stream in event_settings().publishes, f"{envelope.stream} isn't a stream of this service"
    )
    _require(
        not envelope.omitted_bytes, f"{_name(envelope)} was too large to be sent: its data can't be recovered"
    )
    before, [*following] = envelopes_after(envelope.stream, envelope.position - 1, 1)
    if following and following[0].position == envelope.position:
        _require(
            following[0].id == envelope.id,
            f"{_name(envelope)} is another event in this log: it has gone on since it was restored",
        )
        return False
    _require(
        envelope.position == 1 or before is not None,
        f"Nothing before {_name(envelope)} is there: give what other subscribers have received, too",
    )
    return True


def _recover_one(envelope: RawEnvelope, recovered: Recovered) -> None:
    values: dict[str, Any] = {name: getattr(envelope, name) for name in _COLUMNS}
    values |= {"event_id": envelope.id, "data": Jsonb(envelope.data)}
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)
    recovered.events[envelope.type] += 1
    rebuild = _rebuilds.get(envelope.type)
    if rebuild is None:
        recovered.not_rebuilt.setdefault(envelope.type, []).append(str(envelope.aggregate_id))
    else:
        contract = published_events()[envelope.type]
        data = contract.from_data(envelope.data, envelope.schema_version)
        event: Envelope[Event] = msgspec.structs.replace(envelope, data=data)  # type: ignore[arg-type]
        rebuild(event)


def _name(envelope: RawEnvelope) -> str:
    return f"{envelope.stream}:{envelope.position} ({envelope.type})"


_COLUMNS = [
    field.name
    for field in LoggedEvent._meta.concrete_fields  # noqa: SLF001
    if not field.generated and field.name not in {"id", "event_id", "data"}
]
_INSERT = (
    f"INSERT INTO shared_events_loggedevent (event_id, data, {', '.join(_COLUMNS)})"  # noqa: S608 (our own names)
    f" VALUES (%(event_id)s, %(data)s, {', '.join(f'%({name})s' for name in _COLUMNS)})"
)
