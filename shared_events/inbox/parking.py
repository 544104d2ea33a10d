"""Events that could not be applied: parked at once, tried again with backoff, then dead letters for a person.

Later events of the same aggregate queue up behind, so that order inside an aggregate is never broken.
"""

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from shared_events import metrics, prepared
from shared_events.contracts import NewerSchema
from shared_events.envelope import RawEnvelope
from shared_events.errors import describe, storable, traceback_of
from shared_events.inbox.subscriptions import EventOmitted, Wants, everything, wanting
from shared_events.models import DiscardedEvent, ParkedEvent
from shared_events.settings import event_settings

logger = logging.getLogger(__name__)

#: Seconds before the first new try; each further one waits twice as long, up to the longest.
FIRST_RETRY, LONGEST_RETRY = 2.0, 600.0
#: Characters that are kept of an error, and of its traceback.
LONGEST_ERROR, LONGEST_TRACEBACK = 200, 20_000
#: What is said of an event that was never seen to end.
ENDED_ITS_WORKER = "its worker ended each time it was tried"

_PARKED = """
    SELECT aggregate_id, min(position) FROM shared_events_parkedevent
    WHERE stream = %s AND aggregate_id = ANY(%s) GROUP BY aggregate_id
"""


class NotDiscardable(ValueError):
    """Only an event that failed by itself can be discarded, and only with a reason."""


class BeingTried(Exception):
    """The events worker is trying this event at the moment."""


def park(envelopes: Iterable[RawEnvelope], wants: Wants, error: Exception) -> None:
    """Put failing events aside, with the error, to be tried again."""
    for envelope in envelopes:
        parked = _row(envelope, wants)
        note_failure(parked, error)
        logger.error("Parked %s: %s", parked, parked.error, exc_info=error)


def park_unrun(envelopes: Iterable[RawEnvelope], wants: Wants) -> None:
    """Put events aside that have ended their worker again and again: only a person has them tried."""
    for envelope in envelopes:
        mark_dead_unrun(_row(envelope, wants))


def park_behind(envelopes: Iterable[RawEnvelope], wants: Wants) -> None:
    """Put events aside because an older one of their aggregate is parked."""
    for envelope in envelopes:
        _row(envelope, wants).save()


def positions_blocked(envelopes: list[RawEnvelope]) -> set[int]:
    """Return the positions of those envelopes that must wait for an older event of their aggregate."""
    if not envelopes:
        return set()
    ids = list({envelope.aggregate_id for envelope in envelopes})
    oldest = dict(prepared.execute(_PARKED, [envelopes[0].stream, ids]))
    if not oldest:
        return set()
    return {
        envelope.position
        for envelope in envelopes
        if oldest.get(envelope.aggregate_id, envelope.position + 1) <= envelope.position
    }


def note_failure(row: ParkedEvent, error: Exception) -> None:
    """Write down that the event was tried, and why it failed; say when it is tried again, if it is."""
    metrics.FAILED.labels(row.stream, row.type).inc()
    row.tries += 1
    row.unfinished = 0
    row.error = describe(error)[:LONGEST_ERROR]
    row.traceback = traceback_of(error, longest=LONGEST_TRACEBACK)
    if row.tries >= event_settings().max_tries or isinstance(error, EventOmitted):
        row.dead_at, row.next_try_at = timezone.now(), None
    else:
        wait = min(LONGEST_RETRY, FIRST_RETRY * 2 ** (row.tries - 1))
        row.dead_at, row.next_try_at = None, timezone.now() + timedelta(seconds=wait)
    row.save()


def mark_dead_unrun(row: ParkedEvent) -> None:
    """Make a dead letter of an event that has ended its worker again and again."""
    row.error, row.dead_at, row.next_try_at = ENDED_ITS_WORKER, timezone.now(), None
    row.save()
    logger.error("Dead letter %s: %s", row, row.error)


def request_redrive(rows: Iterable[ParkedEvent]) -> int:
    """Have the events worker try these events again, dead letters too, with what waits behind them.

    Return how many it will begin with. Those that wait behind another have their turn after it.
    """
    ids = [row.id for row in rows if row.error]
    return ParkedEvent.objects.filter(id__in=ids).update(
        next_try_at=timezone.now(), dead_at=None, unfinished=0
    )


def alike(row: ParkedEvent) -> QuerySet[ParkedEvent]:
    """Return the parked events that failed by the same error, this one included."""
    return ParkedEvent.objects.filter(error=row.error).exclude(error="")


def lock_parked(row_id: int) -> ParkedEvent | None:
    """Lock and return a parked event, None where there is none. Never waits: raises BeingTried instead."""
    row = ParkedEvent.objects.select_for_update(skip_locked=True).filter(id=row_id).first()
    if row is None and ParkedEvent.objects.filter(id=row_id).exists():
        raise BeingTried
    return row


def retry_newer_schemas() -> int:
    """Let events that were too new for the code be tried now, with the code that has just started."""
    return request_redrive(ParkedEvent.objects.filter(error__startswith=NewerSchema.__name__))


def discard(row: ParkedEvent, *, reason: str, by: str) -> DiscardedEvent:
    """Decide that a parked event is never applied; what waits behind it goes on. Who, when and why is kept.

    Raises NotDiscardable.
    """
    if not row.error:
        raise NotDiscardable(
            f"{row} waits behind an older event of {row.aggregate_id}: decide about that one"
        )
    if not reason.strip():
        raise NotDiscardable("Say why: the reason is kept with the event")
    with transaction.atomic():
        kept = ("stream", "position", "aggregate_id", "type", "handlers", "envelope", "error")
        discarded = DiscardedEvent.objects.create(
            **{name: getattr(row, name) for name in kept}, reason=storable(reason), discarded_by=by[:200]
        )
        behind = ParkedEvent.objects.filter(stream=row.stream, aggregate_id=row.aggregate_id)
        row.delete()
        following = behind.order_by("position").first()
        if following is not None and not following.error:
            following.next_try_at = timezone.now()
            following.save(update_fields=["next_try_at"])
    logger.warning("%s discarded %s: %s", by, row, reason)
    return discarded


def _row(envelope: RawEnvelope, wants: Wants) -> ParkedEvent:
    handlers = _handlers(envelope, wants)
    # In a stream that is replayed, an event may be parked already: it keeps its row.
    row = ParkedEvent.objects.filter(
        stream=envelope.stream, position=envelope.position, handlers=handlers
    ).first() or ParkedEvent(
        stream=envelope.stream,
        position=envelope.position,
        handlers=handlers,
        aggregate_id=envelope.aggregate_id,
        type=envelope.type,
    )
    row.envelope = envelope.to_text()
    return row


def _handlers(envelope: RawEnvelope, wants: Wants) -> str:
    wanted = wanting(envelope, wants)
    if len(wanted) == len(wanting(envelope, everything)):
        return ""
    return "\n".join(each.name for each in wanted)
