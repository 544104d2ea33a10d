"""Following a stream again that was halted, once a person has decided from where it counts."""

from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from django.db import connection, transaction

from shared_events import skipped
from shared_events.envelope import RawEnvelope
from shared_events.inbox import cursors
from shared_events.inbox.received import received_events
from shared_events.outbox import recovery

# A batch has every position from its first to its last one; batches overlap where a stream was replayed.
_COUNT = """
    SELECT coalesce(sum(upper(range) - lower(range)), 0) FROM unnest((
        SELECT range_agg(int8range(greatest(first_position, %(after)s + 1), last_position, '[]'))
        FROM shared_events_receivedbatch WHERE stream = %(stream)s AND last_position > %(after)s
    )) AS range
"""


class NotResumable(ValueError):
    """The stream isn't halted, or the position and the event's id don't go together."""


@dataclass(frozen=True, kw_only=True)
class Resumed:
    """A stream goes on after `position`. `lost` is what was received after it, as far as it was kept."""

    stream: str
    position: int
    lost: tuple[RawEnvelope, ...]


@dataclass(frozen=True, kw_only=True)
class WouldBeLost:
    """The first of the `count` events that resuming a stream from a position would lose."""

    events: tuple[RawEnvelope, ...]
    count: int


def would_be_lost(stream: str, *, position: int, most: int) -> WouldBeLost:
    """Return what was received after a position, as far as it was kept: up to `most` events, and how many.

    The count comes from the batches' positions alone, so it costs the same for a million events.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"stream": stream, "after": position})
        count = int(cursor.fetchone()[0])
    return WouldBeLost(events=tuple(islice(received_events(stream, after=position), most)), count=count)


def resume_stream(stream: str, *, position: int | None = None, last_id: UUID | None = None) -> Resumed:
    """Follow a halted stream again: where it stopped, or after `position`, where another log counts now.

    `last_id` is the id of the publisher's event at a position above 0. What was received after the position
    is forgotten, and stays listed as skipped until somebody has settled it. Raises NotResumable.
    """
    if (last_id is not None) != bool(position) or (position or 0) < 0:
        raise NotResumable("An event's id goes with a position above 0: it is the id of the event there")
    with transaction.atomic():
        cursor = cursors.lock(stream)
        if cursor.halted_at is None:
            raise NotResumable(f"{stream} isn't halted")
        lost: list[RawEnvelope] = []
        if position is None:
            cursors.resume(cursor)
        else:
            lost = list(received_events(stream, after=position))
            recovery.forget(stream, lost, after=position)
            skipped.note(stream, read=cursor.position, resumed=position, lost=lost)
            cursors.set_position(cursor, position, last_id)
    return Resumed(stream=stream, position=cursor.position, lost=tuple(lost))
