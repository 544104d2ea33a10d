"""The consumer's side: apply a batch and move the cursor in one transaction, exactly once and in order."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from shared_events import failpoints, heartbeat, log, parking, statements, stopping
from shared_events.envelope import RawEnvelope, load
from shared_events.errors import describe
from shared_events.models import Cursor
from shared_events.settings import event_settings
from shared_events.subscriptions import dispatch

logger = logging.getLogger(__name__)

#: SQLSTATE classes that are nobody's fault: connection, resources, rollback, shutdown, a lock not granted.
_NOBODYS_FAULT = ("08", "53", "40", "57P", "55P03")
_LONGEST_WAIT = 5.0

_CURSOR_FIELDS = [field.attname for field in Cursor._meta.concrete_fields]  # noqa: SLF001
#: What each batch costs is written out: as many statements as with the ORM, for a third of the time.
_LOCK = f"SELECT {', '.join(_CURSOR_FIELDS)} FROM shared_events_cursor WHERE stream = %s FOR UPDATE"  # noqa: S608
_MOVE = """
    UPDATE shared_events_cursor
    SET position = %(position)s, last_id = %(last_id)s, head = %(head)s,
        asked_at = NULL, trying_position = NULL, trying_count = 0
    WHERE stream = %(stream)s
"""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Consecutive envelopes of one stream, and the id of the one before them.

    `head` is how far the publisher is known to be: to the end of the batch by a push, to the end of its log
    by an answer to catch-up.
    """

    stream: str
    events: list[RawEnvelope]
    previous_id: UUID | None
    head: int

    def after(self, position: int) -> "Batch":
        """Return what lies past `position`."""
        skipped = [event for event in self.events if event.position <= position]
        rest = self.events[len(skipped) :]
        previous = skipped[-1].id if skipped else self.previous_id
        return Batch(stream=self.stream, events=rest, previous_id=previous, head=self.head)


class Outcome(Enum):
    """What became of a batch."""

    UP_TO_DATE = auto()
    MORE_TO_COME = auto()
    GAP = auto()
    HALTED = auto()


#: Streams of which this process has applied a batch since it started. That the first is begun is committed
#: before it runs: if an event ends its worker, the next worker goes event by event and finds out which.
_proven: set[str] = set()
#: The event of each stream that this process has begun to try by itself, so that it counts once per process.
_begun: dict[str, int] = {}


def batch_from_wire(stream: str, events: str, previous_id: str | None, head: int) -> Batch:
    """Decode a message. Raises ValueError or TypeError when it isn't a batch of `stream`."""
    envelopes = load(events)
    for before, event in pairwise(envelopes):
        if event.position != before.position + 1:
            raise ValueError(f"positions {before.position} and {event.position} aren't consecutive")
    if any(event.stream != stream for event in envelopes):
        raise ValueError(f"an envelope isn't of the stream {stream}")
    return Batch(
        stream=stream, events=envelopes, previous_id=UUID(previous_id) if previous_id else None, head=head
    )


def receive(batch: Batch) -> Outcome:
    """Apply what is new in the batch, however often it takes: the database may come and go meanwhile.

    Raises what the database said when the worker is told to stop: the cursor has not moved, so catch-up
    brings the batch again.
    """
    together, wait = True, 0.1
    while True:
        try:
            together = together and (batch.stream in _proven or not batch.events or _is_first_try(batch))
            outcome = apply_together(batch) if together else apply_one_by_one(batch)
            _proven.add(batch.stream)
            return outcome
        except Exception as error:
            if is_nobodys_fault(error):
                if stopping.is_told():
                    raise
                heartbeat.show_life()
                logger.warning(
                    "Waiting for the database with a batch of %s in hand: %s", batch.stream, describe(error)
                )
                connection.close()
                time.sleep(wait)
                wait = min(_LONGEST_WAIT, wait * 2)
            elif together:
                logger.warning(
                    "A batch of %s failed (%s); taking it event by event", batch.stream, describe(error)
                )
                together = False
            else:
                raise


def apply_together(batch: Batch) -> Outcome:
    """Apply the whole batch in one transaction. Raises what a handler raises, with nothing applied."""
    with transaction.atomic():
        cursor = lock_cursor(batch.stream)
        fresh, outcome = _fresh(cursor, batch)
        if fresh:
            with log.together():
                _dispatch_unblocked(fresh)
            outcome = _move(cursor, fresh[-1])
            failpoints.reach("deliver.uncommitted")
        return outcome


def apply_one_by_one(batch: Batch) -> Outcome:
    """Apply the batch in a transaction per event, parking what fails.

    That an event is being tried is committed before it runs, so that one that ends its process is found out.
    """
    outcome = Outcome.UP_TO_DATE
    for event in batch.events:
        outcome = _apply_one(_single(batch, event), event)
        if outcome in (Outcome.GAP, Outcome.HALTED):
            break
    return outcome


def _apply_one(single: Batch, event: RawEnvelope) -> Outcome:
    if _begin_attempt(event) > event_settings().max_unfinished:
        return _park_instead(single, lambda: parking.park_unrun(event))
    try:
        return apply_together(single)
    except Exception as error:
        if is_nobodys_fault(error):
            raise
        failure = error
    # A statement that ran out of time may have cost the connection; the parking has a fresh one.
    connection.close_if_unusable_or_obsolete()
    return _park_instead(single, lambda: parking.park(event, failure))


def _park_instead(single: Batch, park: Callable[[], None]) -> Outcome:
    with transaction.atomic():
        cursor = lock_cursor(single.stream)
        fresh, outcome = _fresh(cursor, single)
        if fresh:
            park()
            outcome = _move(cursor, fresh[-1])
        return outcome


def is_nobodys_fault(error: Exception) -> bool:
    """Return whether an error is the database's own trouble and says nothing about the event at hand."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(_NOBODYS_FAULT)


def lock_cursor(stream: str) -> Cursor:
    """Lock and return this service's cursor of a stream, made at position 0 when it is new."""
    cursor = _lock(stream)
    while cursor is None:
        Cursor.objects.get_or_create(stream=stream)
        cursor = _lock(stream)
    return cursor


def _lock(stream: str) -> Cursor | None:
    rows = statements.run(_LOCK, [stream])
    return Cursor.from_db(connection.alias, _CURSOR_FIELDS, rows[0]) if rows else None


def resume(cursor: Cursor, position: int, last_id: UUID | None) -> None:
    """Let a halted stream go on after `position`, once a person has decided that the new log counts."""
    cursor.position = cursor.head = position
    cursor.last_id, cursor.asked_at = last_id, None
    cursor.halted_at, cursor.halt_reason = None, ""
    cursor.save()


def _single(batch: Batch, event: RawEnvelope) -> Batch:
    upto = batch.after(event.position - 1)
    return Batch(stream=batch.stream, events=upto.events[:1], previous_id=upto.previous_id, head=batch.head)


def _fresh(cursor: Cursor, batch: Batch) -> tuple[list[RawEnvelope], Outcome]:
    """Return the envelopes to apply, or none and why: known already, a gap, or not the log that we read."""
    if cursor.halted_at:
        return [], Outcome.HALTED
    heard_of = cursor.head
    cursor.head = max(heard_of, batch.head)
    rest = batch.after(cursor.position)
    reason = _contradiction(cursor, batch, rest)
    if reason:
        return [], _halt(cursor, reason)
    if rest.events and rest.events[0].position == cursor.position + 1:
        return rest.events, Outcome.UP_TO_DATE
    if cursor.head > heard_of:
        cursor.save(update_fields=["head"])
    return [], Outcome.GAP if rest.events else _standing(cursor)


def _contradiction(cursor: Cursor, batch: Batch, rest: Batch) -> str:
    if not batch.events and batch.head < cursor.position:
        return f"the publisher's log ends at {batch.head}, this service has read up to {cursor.position}"
    at_cursor = [event.id for event in batch.events if event.position == cursor.position]
    if rest.events and rest.events[0].position == cursor.position + 1:
        at_cursor.append(rest.previous_id)  # type: ignore[arg-type]
    if any(event_id != cursor.last_id for event_id in at_cursor):
        return f"position {cursor.position} holds another event than the one this service has applied"
    return ""


def _halt(cursor: Cursor, reason: str) -> Outcome:
    cursor.halted_at, cursor.halt_reason = timezone.now(), reason
    cursor.save()
    logger.critical("Stopped following %s: %s. The publisher's log was replaced.", cursor.stream, reason)
    return Outcome.HALTED


def _dispatch_unblocked(events: list[RawEnvelope]) -> None:
    blocked = parking.parked_aggregates(events)
    for event in events:
        if event.aggregate_id in blocked:
            parking.park_behind(event)
    dispatch(event for event in events if event.aggregate_id not in blocked)


def _is_first_try(batch: Batch) -> bool:
    """Commit that this process is about to try the batch; return whether no other has begun it before."""
    cursor = Cursor.objects.filter(stream=batch.stream).first()
    rest = batch.after(cursor.position if cursor else 0)
    return not rest.events or _begin_attempt(rest.events[0]) <= 1


def _begin_attempt(event: RawEnvelope) -> int:
    """Commit that the event is about to be tried; return how many processes have begun it, with this one."""
    with transaction.atomic():
        cursor = lock_cursor(event.stream)
        begun = cursor.trying_count if cursor.trying_position == event.position else 0
        if cursor.position >= event.position or _begun.get(event.stream) == event.position:
            return begun
        cursor.trying_position, cursor.trying_count = event.position, begun + 1
        cursor.save(update_fields=["trying_position", "trying_count"])
    _begun[event.stream] = event.position
    return begun + 1


def _move(cursor: Cursor, last: RawEnvelope) -> Outcome:
    cursor.position = last.position
    to = {"stream": cursor.stream, "position": last.position, "last_id": last.id, "head": cursor.head}
    statements.run(_MOVE, to)
    return _standing(cursor)


def _standing(cursor: Cursor) -> Outcome:
    return Outcome.MORE_TO_COME if cursor.position < cursor.head else Outcome.UP_TO_DATE
