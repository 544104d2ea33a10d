"""Trying parked events again, in the events worker: the only process that runs handlers.

The relay, whose timers find what is due, sends the worker a message; so a handler that hangs, or ends its
process, never holds up what this service itself publishes.
"""

import logging
import time
from collections.abc import Callable

from django.db import connection, transaction
from django.utils import timezone

from shared_events import heartbeat, metrics, time_limits
from shared_events.envelope import from_text
from shared_events.errors import describe
from shared_events.inbox import cursors, parking
from shared_events.inbox.consumer import is_transient
from shared_events.inbox.subscriptions import Wants, dispatch
from shared_events.models import ParkedEvent
from shared_events.outbox import log
from shared_events.settings import event_settings

logger = logging.getLogger(__name__)

#: After so many seconds no further event is begun: new events wait meanwhile. The relay requests more later.
PASS_SECONDS = 1.0

#: The parked events that this process has begun to try, so that each counts once per process.
_begun: set[int] = set()


def is_due() -> bool:
    """Return whether a parked event is to be tried now."""
    return ParkedEvent.objects.filter(next_try_at__lte=timezone.now()).exists()


def retry_due(*, clock: Callable[[], float] = time.monotonic) -> int:
    """Try parked events whose time has come, with those behind them; return how many were applied."""
    began, applied = clock(), 0
    due = ParkedEvent.objects.filter(next_try_at__lte=timezone.now()).order_by("stream", "position")
    for row in due[:100]:
        if clock() - began > PASS_SECONDS:
            break
        try:
            applied += _redrive_aggregate(row)
        except Exception as error:
            if not is_transient(error):
                raise
            logger.warning("Will try %s again: %s", row, describe(error))
            connection.close()
            break
    return applied


def _redrive_aggregate(first: ParkedEvent) -> int:
    """Try an aggregate's parked events in order, until one fails; return how many were applied."""
    waiting = ParkedEvent.objects.filter(stream=first.stream, aggregate_id=first.aggregate_id)
    logger.info("Trying %s again, and %d behind it", first, waiting.count() - 1)
    applied = 0
    for row in waiting.order_by("position", "id"):
        heartbeat.beat()
        if not _attempt(row):
            break
        applied += 1
    return applied


def _attempt(row: ParkedEvent) -> bool:
    """Apply one parked event; return whether it is applied. That it is tried is committed before it runs."""
    _count_attempt(row)
    if row.unfinished > event_settings().max_unfinished:
        _if_still_there(row, lambda: parking.mark_dead_unrun(row))
        return False
    try:
        with transaction.atomic():
            cursors.lock(row.stream)
            _if_still_there(row, lambda: _apply(row))
    except Exception as error:
        if is_transient(error):
            raise
        failure = error
    else:
        _begun.discard(row.id)
        metrics.REDRIVES.labels("applied").inc()
        return True
    # A statement that ran out of time may have cost the connection.
    connection.close_if_unusable_or_obsolete()
    _if_still_there(row, lambda: parking.note_failure(row, failure))
    _begun.discard(row.id)
    metrics.REDRIVES.labels("failed").inc()
    logger.warning("%s failed again: %s", row, row.error)
    return False


def _count_attempt(row: ParkedEvent) -> None:
    if row.id not in _begun:
        row.unfinished += 1
        ParkedEvent.objects.filter(id=row.id).update(unfinished=row.unfinished)
        _begun.add(row.id)


def _if_still_there(row: ParkedEvent, act: Callable[[], None]) -> None:
    """Do something with a row unless a person has discarded it meanwhile."""
    with transaction.atomic():
        if ParkedEvent.objects.select_for_update().filter(id=row.id).exists():
            act()


def _apply(row: ParkedEvent) -> None:
    with log.batch_writes(), time_limits.within(event_settings().event_seconds):
        dispatch([from_text(row.envelope)], _wants(row))
    row.delete()


def _wants(row: ParkedEvent) -> Wants:
    names = row.handlers.splitlines()
    return lambda subscription, _: not names or subscription.name in names
