"""Recovering a log that was restored from a backup: its subscribers have received what it has lost.

What they give back is added to the log with its positions and ids, so that it is again the log that they have
read; and the rows that these events describe are made anew by the functions that `rebuilds` registers. Each
app has them in its module `recovery`.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from django.db import IntegrityError, connection, transaction
from psycopg.types.json import Jsonb

from shared_events.contracts import Event, published_events
from shared_events.envelope import Envelope, RawEnvelope
from shared_events.models import ArchivedEvent, LoggedEvent, RelayLease
from shared_events.outbox.log_reader import envelopes_after
from shared_events.settings import event_settings
from shared_events.status import read_lease

Rebuild = Callable[[Any], bool]
Forget = Callable[[list[RawEnvelope], int], None]
Last = Callable[[], None]
R = TypeVar("R", bound=Rebuild)
F = TypeVar("F", bound=Forget)
L = TypeVar("L", bound=Last)

_rebuilds: dict[str, Rebuild] = {}
_forgets: dict[str, Forget] = {}
_last: list[Last] = []


class CannotRecover(Exception):
    """What was given back doesn't continue this log."""


@dataclass
class Recovered:
    """What was recovered: events by type, and the ids of aggregates whose rows weren't made anew."""

    events: Counter[str] = field(default_factory=Counter)
    not_rebuilt: dict[str, list[str]] = field(default_factory=dict)


def rebuilds(contract: type[Event]) -> Callable[[R], R]:
    """Decorator: make this service's own row of an aggregate what an event of its own says that it is.

    Called with the `Envelope` of each recovered event, in order, inside the transaction that recovers the
    log. It records nothing. An event that its row has had already changes nothing. It returns False where the
    row can't be made anew; `Recovered.not_rebuilt` then lists it.
    """

    def register(function: R) -> R:
        _rebuilds[contract.wire_type()] = function
        return function

    return register


def in_the_end(function: L) -> L:
    """Decorator: call the function once at the end of each recovery, in its transaction.

    For what a restored database must not do, whichever events it was given back.
    """
    _last.append(function)
    return function


def forgets(stream: str) -> Callable[[F], F]:
    """Decorator: delete what this service stores by events of a stream that its publisher has lost.

    Called where a person decides to follow the publisher's log from another position on than the one that was
    read, with the events that were received after it, as far as they are kept, and the position. Rows that
    remember how far they have read must not take what comes now for old.
    """

    def register(function: F) -> F:
        _forgets[stream] = function
        return function

    return register


def forget(stream: str, lost: list[RawEnvelope], *, after: int) -> None:
    """Let go of what is known by events that the publisher's log no longer has."""
    if stream in _forgets:
        _forgets[stream](lost, after)


def has_caused(cause: UUID | None, aggregate_id: UUID) -> bool:
    """Return whether this service has recorded something about its own aggregate because of this event.

    A row that was made anew from its own events doesn't know which events of others it has had; the log does.
    """
    if cause is None:
        return False
    ours = {"stream__in": event_settings().publishes, "aggregate_id": aggregate_id, "causation_id": cause}
    return any(table.objects.filter(**ours).exists() for table in (LoggedEvent, ArchivedEvent))


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
        lost = [envelope for _, envelope in sorted(given.items()) if _is_lost(envelope)]
        _require_same_log(lost)
        for envelope in lost:
            _recover_one(envelope, recovered)
        for function in _last:
            function()
    return recovered


def _require(is_fine: bool, what: str) -> None:  # noqa: FBT001
    if not is_fine:
        raise CannotRecover(what)


def _require_no_relay() -> None:
    # No relay may give positions meanwhile: one that comes waits for this row.
    RelayLease.objects.select_for_update().filter(id=1).first()
    _require(
        not read_lease().is_held,
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
    _, following = envelopes_after(envelope.stream, envelope.position - 1, 1)
    if following and following[0].position == envelope.position:
        _require(
            following[0].id == envelope.id,
            f"{_name(envelope)} is another event in this log: {_GONE_ON}",
        )
        return False
    return True


def _require_same_log(lost: list[RawEnvelope]) -> None:
    """Require that what was lost continues the log without a gap, and that nothing was recorded since.

    The log's last event is compared where it was given, too. Where subscribers no longer have it, times are
    compared: what is recorded after a restore is younger than everything that was lost.
    """
    for stream, events in groupby(lost, key=attrgetter("stream")):
        following = list(events)
        head = LoggedEvent.objects.filter(stream=stream, position__isnull=False).order_by("-position").first()
        at = (head.position or 0) if head else 0
        for expected, envelope in enumerate(following, at + 1):
            _require(
                envelope.position == expected,
                f"Nothing before {_name(envelope)} is there: give what other subscribers have received, too",
            )
        _require(
            head is None or head.occurred_at <= following[-1].occurred_at,
            f"The log's {stream}:{at} is younger than {_name(following[-1])}: {_GONE_ON}",
        )


def _recover_one(envelope: RawEnvelope, recovered: Recovered) -> None:
    try:
        with transaction.atomic():
            _write(envelope)
            is_rebuilt = _rebuild(envelope)
    except IntegrityError as error:
        raise CannotRecover(f"{_name(envelope)} contradicts what is there: {_GONE_ON}") from error
    recovered.events[envelope.type] += 1
    if not is_rebuilt:
        recovered.not_rebuilt.setdefault(envelope.type, []).append(str(envelope.aggregate_id))


def _write(envelope: RawEnvelope) -> None:
    # A dump may have been made before the relay gave the event its position.
    waiting = LoggedEvent.objects.filter(event_id=envelope.id, position=None)
    if waiting.update(position=envelope.position):
        return
    values: dict[str, Any] = {name: getattr(envelope, name) for name in _COLUMNS}
    values |= {"event_id": envelope.id, "data": Jsonb(envelope.data)}
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)


def _rebuild(envelope: RawEnvelope) -> bool:
    rebuild = _rebuilds.get(envelope.type)
    if rebuild is None:
        return False
    data = published_events()[envelope.type].from_data(envelope.data, envelope.schema_version)
    event: Envelope[Event] = msgspec.structs.replace(envelope, data=data)  # type: ignore[arg-type]
    return rebuild(event)


def _name(envelope: RawEnvelope) -> str:
    return f"{envelope.stream}:{envelope.position} ({envelope.type})"


_GONE_ON = "it has gone on since it was restored"
_COLUMNS = [
    field.name
    for field in LoggedEvent._meta.concrete_fields  # noqa: SLF001
    if not field.generated and field.name not in {"id", "event_id", "data"}
]
_INSERT = (
    f"INSERT INTO shared_events_loggedevent (event_id, data, {', '.join(_COLUMNS)})"  # noqa: S608 (our own names)
    f" VALUES (%(event_id)s, %(data)s, {', '.join(f'%({name})s' for name in _COLUMNS)})"
)
