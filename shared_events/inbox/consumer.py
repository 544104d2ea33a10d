"""The consumer's side: apply events and move the cursor in one transaction, exactly once and in order."""

import logging
import time
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, Self, TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction

from shared_events import failpoints, heartbeat, shutdown, time_limits
from shared_events.envelope import RawEnvelope, dump
from shared_events.errors import describe
from shared_events.inbox import applied, backfill, cursors, parking
from shared_events.inbox.backfill import BackfillBatch, lock_cursor
from shared_events.inbox.batch import ApplyResult, Batch, batch_from_wire
from shared_events.inbox.subscriptions import Wants, dispatch, wanting
from shared_events.models import Backfill, Cursor
from shared_events.outbox import log
from shared_events.settings import event_settings

__all__ = ["ApplyResult", "Batch", "batch_from_wire", "is_transient", "receive", "receive_backfill"]

logger = logging.getLogger(__name__)

#: SQLSTATE classes that are transient: connection, resources, rollback, shutdown, a lock not granted.
TRANSIENT_SQLSTATES = ("08", "53", "40", "57P", "55P03")
_LONGEST_WAIT = 5.0

#: What is done with events while the cursor is locked: feed them to the handlers that want them, or park
#: them. It returns those that took effect, if any.
Act = Callable[[list[RawEnvelope], Wants], list[RawEnvelope] | None]


class Message(Protocol):
    """What a message brings: a `Batch`, or a `BackfillBatch`."""

    @property
    def stream(self) -> str: ...
    @property
    def events(self) -> list[RawEnvelope]: ...
    def singles(self) -> Iterator[Self]: ...


M = TypeVar("M", bound=Message)


class Feed(Generic[M]):
    """How the events of a kind of message take effect, and how it is kept that they are being tried."""

    def __init__(
        self,
        apply: Callable[[M, Act], ApplyResult],
        find_first: Callable[[M], RawEnvelope | None],
        begin: Callable[[RawEnvelope], int],
    ) -> None:
        """Take how to apply a message, how to find the first of its events to try, and how to count a try."""
        self.apply, self.find_first, self.begin = apply, find_first, begin

    def receive(self, message: M) -> ApplyResult:
        """Apply what is new in the message, however often it takes: the database may come and go meanwhile.

        Raises what the database said when the worker is shutting down: the cursor has not moved, so catch-up
        brings it again.
        """
        together, wait = True, 0.1
        while True:
            try:
                together = together and self._is_first_try(message)
                outcome = self.apply(message, feed) if together else self._one_by_one(message)
            except Exception as error:
                if is_transient(error) and not shutdown.is_requested():
                    _wait_for_database(message.stream, error, wait)
                    wait = min(_LONGEST_WAIT, wait * 2)
                elif together and not is_transient(error):
                    _give_up_together(message.stream, error)
                    together = False
                else:
                    raise
            else:
                _proven.add(message.stream)
                return outcome

    def _is_first_try(self, message: M) -> bool:
        """Commit that this process is about to try it; return whether no other has begun it before."""
        first = None if message.stream in _proven else self.find_first(message)
        return first is None or self.begin(first) <= 1

    def _one_by_one(self, message: M) -> ApplyResult:
        """Apply it in a transaction per event, parking what fails.

        That an event is being tried is committed before it runs, so that one that ends its process is found
        out.
        """
        outcome = ApplyResult.UP_TO_DATE
        for single in message.singles():
            heartbeat.beat()
            outcome = self._apply_one(single, single.events[0]) if single.events else self.apply(single, feed)
            if outcome in (ApplyResult.GAP, ApplyResult.HALTED):
                break
        return outcome

    def _apply_one(self, single: M, event: RawEnvelope) -> ApplyResult:
        if self.begin(event) > event_settings().max_unfinished:
            return self._park(single, parking.park_unrun)
        try:
            return self.apply(single, feed)
        except Exception as error:
            if is_transient(error):
                raise
            failure = error
        connection.close_if_unusable_or_obsolete()
        return self._park(single, lambda events, wants: parking.park(events, wants, failure))

    def _park(self, single: M, act: Act) -> ApplyResult:
        try:
            return self.apply(single, act)
        except Exception as error:
            if is_transient(error):
                raise
            event = single.events[0]
            reason = (
                f"{event.type} at {event.position} could neither be applied nor parked: {describe(error)}"
            )
        connection.close_if_unusable_or_obsolete()
        with transaction.atomic():
            cursors.halt(cursors.lock(single.stream), reason)
        return ApplyResult.HALTED


#: Streams of which this process has applied a batch since it started. That the first is begun is committed
#: before it runs: if an event ends its worker, the next worker goes event by event and finds out which.
_proven: set[str] = set()
#: The event of each stream that this process has begun to try by itself, so that it counts once per process.
_begun: dict[str, int] = {}


def receive(batch: Batch) -> ApplyResult:
    """Apply what is new in a batch; `Feed.receive` documents the outcome."""
    return _BATCHES.receive(batch)


def receive_backfill(past: BackfillBatch) -> ApplyResult:
    """Apply what handlers that are fed the past haven't had; MORE_TO_COME where that isn't all."""
    return _PAST.receive(past)


def feed(events: list[RawEnvelope], wants: Wants) -> list[RawEnvelope]:
    """Hand events to the handlers that want them; park those behind that wait for an older one.

    Return the others.
    """
    wanted = [event for event in events if wanting(event, wants)]
    blocked = parking.positions_blocked(wanted)
    parking.park_behind([event for event in wanted if event.position in blocked], wants)
    with log.batch_writes(), time_limits.within(event_settings().event_seconds):
        dispatch((event for event in wanted if event.position not in blocked), wants)
    return [event for event in events if event.position not in blocked]


def apply_batch(batch: Batch, act: Act = feed) -> ApplyResult:
    """Do something with what is new, in one transaction. Raises what a handler raises."""
    with transaction.atomic():
        cursor = lock_cursor(batch.stream)
        fresh, outcome = _fresh(cursor, batch)
        if fresh:
            effective = act(fresh, backfill.wants_of(cursor))
            text = batch.text if batch.text and len(fresh) == len(batch.events) else dump(fresh)
            cursors.move(cursor, fresh[0], fresh[-1], text)
            outcome = _lag_outcome(cursor)
            if effective:
                transaction.on_commit(lambda: applied.report(effective, since=cursor.follows_since))
            failpoints.reach("deliver.uncommitted")
        return outcome


def apply_backfill(past: BackfillBatch, act: Act = feed) -> ApplyResult:
    """Do something with what handlers haven't had of it, in one transaction. Raises what a handler raises."""
    with transaction.atomic():
        cursor = lock_cursor(past.stream)
        if cursor.halted_at:
            return ApplyResult.HALTED
        rows = backfill.rows_of(past)
        # What lies past the cursor is news, and its turn comes.
        events = [event for event in past.events if event.position <= cursor.position]
        act(events, backfill.wants_of_backfill(rows))
        backfill.advance(rows, cursor, past.upto)
        failpoints.reach("deliver.uncommitted")
        return ApplyResult.MORE_TO_COME if cursor.backfilled else ApplyResult.UP_TO_DATE


def is_transient(error: Exception) -> bool:
    """Return whether an error is the database's own and has nothing to do with the event at hand."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(TRANSIENT_SQLSTATES)


def _wait_for_database(stream: str, error: Exception, seconds: float) -> None:
    heartbeat.beat()
    logger.warning("Waiting for the database with events of %s in hand: %s", stream, describe(error))
    connection.close()
    time.sleep(seconds)


def _give_up_together(stream: str, error: Exception) -> None:
    # A statement that ran out of time may have cost the connection.
    connection.close_if_unusable_or_obsolete()
    logger.warning("Events of %s failed together, taking them one by one: %s", stream, describe(error))


def _fresh(cursor: Cursor, batch: Batch) -> tuple[list[RawEnvelope], ApplyResult]:
    """Return the envelopes to apply, or none and why: known already, a gap, or not the log that we read."""
    if cursor.halted_at:
        return [], ApplyResult.HALTED
    known_head = cursor.head
    cursor.head = max(known_head, batch.head)
    rest = batch.after(cursor.position)
    reason = _log_mismatch(cursor, batch, rest)
    if reason:
        cursors.halt(cursor, f"{reason}. The publisher's log was replaced.")
        return [], ApplyResult.HALTED
    if rest.events and rest.events[0].position == cursor.position + 1:
        return rest.events, ApplyResult.UP_TO_DATE
    if cursor.head > known_head:
        cursor.save(update_fields=["head"])
    return [], ApplyResult.GAP if rest.events else _lag_outcome(cursor)


def _log_mismatch(cursor: Cursor, batch: Batch, rest: Batch) -> str:
    if not batch.events and batch.head < cursor.position:
        return f"the publisher's log ends at {batch.head}, this service has read up to {cursor.position}"
    at_cursor = [event.id for event in batch.events if event.position == cursor.position]
    if rest.events and rest.events[0].position == cursor.position + 1:
        at_cursor.append(rest.previous_id)  # type: ignore[arg-type]
    if any(event_id != cursor.last_id for event_id in at_cursor):
        return f"position {cursor.position} holds another event than the one this service has applied"
    return ""


def _lag_outcome(cursor: Cursor) -> ApplyResult:
    return ApplyResult.MORE_TO_COME if cursor.position < cursor.head else ApplyResult.UP_TO_DATE


def _begin_attempt(event: RawEnvelope) -> int:
    """Commit that the event is about to be tried; return how many processes have begun it, with this one."""
    cursors.make(event.stream)
    with transaction.atomic():
        cursor = cursors.lock(event.stream)
        begun = cursor.attempts if cursor.attempt_position == event.position else 0
        if cursor.position >= event.position or _begun.get(event.stream) == event.position:
            return begun
        cursor.attempt_position, cursor.attempts = event.position, begun + 1
        cursor.save(update_fields=["attempt_position", "attempts"])
    _begun[event.stream] = event.position
    return begun + 1


def _begin_past_attempt(event: RawEnvelope) -> int:
    """Do the same for an event that is fed to handlers which the cursor passes over."""
    key = f"{event.stream} backfill"
    rows = Backfill.objects.filter(stream=event.stream, type=event.type, position__lt=event.position)
    with transaction.atomic():
        cursors.lock(event.stream)
        counts = rows.filter(attempt_position=event.position).values_list("attempts", flat=True)
        begun = max(counts, default=0)
        if _begun.get(key) == event.position:
            return begun
        rows.update(attempt_position=event.position, attempts=begun + 1)
    _begun[key] = event.position
    return begun + 1


def _first_of_batch(batch: Batch) -> RawEnvelope | None:
    if not batch.events:
        return None
    cursor = Cursor.objects.filter(stream=batch.stream).first()
    return next(iter(batch.after(cursor.position if cursor else 0).events), None)


def _first_of_past(past: BackfillBatch) -> RawEnvelope | None:
    wants = backfill.wants_of_backfill(backfill.rows_of(past))
    return next((event for event in past.events if wanting(event, wants)), None)


_BATCHES: Feed[Batch] = Feed(apply_batch, _first_of_batch, _begin_attempt)
_PAST: Feed[BackfillBatch] = Feed(apply_backfill, _first_of_past, _begin_past_attempt)
