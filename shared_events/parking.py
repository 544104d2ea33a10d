"""Events that could not be applied: parked at once, tried again with backoff, then dead letters for a person.

Later events of the same aggregate queue up behind, so that order inside an aggregate is never broken.
"""

import logging
import traceback
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from shared_events import statements, sweeps
from shared_events.contracts import NewerSchema
from shared_events.envelope import RawEnvelope, from_wire
from shared_events.errors import describe
from shared_events.models import Cursor, ParkedEvent
from shared_events.settings import event_settings
from shared_events.subscriptions import dispatch

logger = logging.getLogger(__name__)

#: Seconds before the first new try; each further one waits twice as long, up to the longest.
FIRST_RETRY, LONGEST_RETRY = 2.0, 600.0

_PARKED = "SELECT aggregate_id FROM shared_events_parkedevent WHERE stream = %s AND aggregate_id = ANY(%s)"


def park(envelope: RawEnvelope, error: Exception) -> None:
    """Put a failing event aside, with its error, to be tried again."""
    parked = _row(envelope)
    _note_failure(parked, error)
    logger.error("Parked %s: %s", parked, parked.error, exc_info=error)


def park_unrun(envelope: RawEnvelope) -> None:
    """Put an event aside that has ended its worker again and again: only a person has it tried once more."""
    parked = _row(envelope)
    parked.error = "its worker ended each time it was tried"
    parked.dead_at = timezone.now()
    parked.save()
    logger.error("Dead letter %s: %s", parked, parked.error)


def park_behind(envelope: RawEnvelope) -> None:
    """Put an event aside because an older one of its aggregate is parked."""
    _row(envelope).save()


def parked_aggregates(envelopes: list[RawEnvelope]) -> set[object]:
    """Return those aggregates of the envelopes that have parked events."""
    ids = list({envelope.aggregate_id for envelope in envelopes})
    return {aggregate_id for (aggregate_id,) in statements.run(_PARKED, [envelopes[0].stream, ids])}


@sweeps.every(seconds=1)
def retry_due() -> int:
    """Try every parked event whose time has come; return how many events were applied."""
    due = ParkedEvent.objects.filter(next_try_at__lte=timezone.now()).order_by("stream", "position")
    return sum(redrive(parked) for parked in due[:100])


def redrive(parked: ParkedEvent) -> int:
    """Apply a parked event and then those behind it, until one fails; return how many were applied."""
    with transaction.atomic():
        Cursor.objects.select_for_update().get(stream=parked.stream)
        waiting = ParkedEvent.objects.filter(stream=parked.stream, aggregate_id=parked.aggregate_id)
        logger.info("Trying %s again, and %d behind it", parked, waiting.count() - 1)
        applied = 0
        for row in waiting.order_by("position"):
            if not _try(row):
                break
            applied += 1
        return applied


def retry_newer_schemas() -> int:
    """Let events that were too new for the code be tried now, with the code that has just started."""
    parked = ParkedEvent.objects.filter(error__startswith=NewerSchema.__name__)
    return parked.update(dead_at=None, next_try_at=timezone.now())


def _try(row: ParkedEvent) -> bool:
    try:
        with transaction.atomic():
            dispatch([from_wire(row.envelope)])
    except Exception as error:
        _note_failure(row, error)
        return False
    row.delete()
    return True


def _note_failure(row: ParkedEvent, error: Exception) -> None:
    row.tries += 1
    row.error = describe(error)[:200]
    row.traceback = "".join(traceback.format_exception(error))
    if row.tries >= event_settings().max_tries:
        row.dead_at, row.next_try_at = timezone.now(), None
    else:
        wait = min(LONGEST_RETRY, FIRST_RETRY * 2 ** (row.tries - 1))
        row.dead_at, row.next_try_at = None, timezone.now() + timedelta(seconds=wait)
    row.save()


def _row(envelope: RawEnvelope) -> ParkedEvent:
    # In a stream that is replayed, an event may be parked already: it keeps its row.
    known = ParkedEvent.objects.filter(stream=envelope.stream, position=envelope.position).first()
    return known or ParkedEvent(
        stream=envelope.stream,
        position=envelope.position,
        aggregate_id=envelope.aggregate_id,
        type=envelope.type,
        envelope=envelope.to_wire(),
    )
