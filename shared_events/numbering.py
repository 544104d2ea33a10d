"""Giving positions: 1, 2, 3, … without gaps, to what has committed, in the order of the rows."""

import time
from dataclasses import dataclass, field

from django.db import connection

from shared_events.lease import LeaseLost

#: Rows numbered in one statement.
MOST = 1000
#: How often the floor may rise, and how often it is disregarded, in seconds.
RISE_EVERY, LOOK_EVERYWHERE_EVERY = 1.0, 10.0


#: One statement, so that a round costs one commit and no more trips than it must. A relay that takes over
#: updates the lease's row, and so waits for a statement that has locked it, or makes it number nothing.
_NUMBER = """
    WITH lease AS (
        SELECT id FROM shared_events_relaylease WHERE fence = %(fence)s FOR SHARE
    ), head AS (
        SELECT coalesce(max(position), 0) AS head FROM shared_events_loggedevent WHERE stream = %(stream)s
    ), waiting AS (
        SELECT id, row_number() OVER (ORDER BY id) AS nth FROM (
            SELECT id FROM shared_events_loggedevent
            WHERE position IS NULL AND stream = %(stream)s AND id > %(above)s
            ORDER BY id LIMIT %(most)s
        ) AS rows
    ), numbered AS (
        UPDATE shared_events_loggedevent AS event SET position = head.head + nth
        FROM waiting, head, lease WHERE event.id = waiting.id RETURNING event.id
    )
    SELECT EXISTS (SELECT FROM lease), (SELECT count(*) FROM numbered),
           (SELECT coalesce(max(id), 0) FROM numbered), (SELECT head FROM head)
"""


@dataclass
class Floor:
    """A row id at or below which nothing waits: no search need begin with the rows done long ago.

    Rows that were done stay in an index for as long as any snapshot is held open, and a search from the
    beginning walks over them all. A row may commit after one with a higher id. So an id becomes the floor
    when the transactions that ran as it was seen have ended; and a look below the floor now and then finds
    what might have slipped through (an id is drawn a moment before its transaction gets a number).
    """

    id: int = 0
    #: The id that may become the floor, and the next transaction number when it was seen.
    _candidate: tuple[int, int] | None = None
    _all_ended: bool = False
    _next_look: float = 0.0
    _next_look_everywhere: float = field(default_factory=lambda: time.monotonic() + LOOK_EVERYWHERE_EVERY)

    def begin(self) -> int:
        """Return the id above which to search now."""
        now = time.monotonic()
        if self._candidate and not self._all_ended and now >= self._next_look:
            self._next_look = now + RISE_EVERY
            self._all_ended = _transactions()[0] >= self._candidate[1]
        if now < self._next_look_everywhere:
            return self.id
        self._next_look_everywhere = now + LOOK_EVERYWHERE_EVERY
        return 0

    def rise(self, *, done: int) -> None:
        """Note that the search since `begin` left nothing to do, and that a row of the id `done` was done."""
        if self._candidate is None:
            self._candidate, self._next_look = (done, _transactions()[1]), time.monotonic() + RISE_EVERY
        elif self._all_ended:
            self.id, self._candidate, self._all_ended = self._candidate[0], None, False


def _transactions() -> tuple[int, int]:
    """Return the number of the oldest transaction still running, and the next number to be given."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_snapshot_xmin(now)::text::bigint, pg_snapshot_xmax(now)::text::bigint"
            " FROM pg_current_snapshot() AS now"
        )
        oldest, newest = cursor.fetchone()
    return oldest, newest


@dataclass(frozen=True)
class Numbered:
    """What a statement has numbered: how many rows, the highest row id, and the stream's head after it."""

    count: int
    highest: int
    head: int


def number(stream: str, *, above: int, fence: int) -> Numbered:
    """Give the next positions to rows with an id above `above`, MOST at a time.

    `fence` proves that the caller holds the relay's lease. Raises LeaseLost when another has it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NUMBER, {"stream": stream, "above": above, "most": MOST, "fence": fence})
        is_ours, count, highest, head = cursor.fetchone()
    if not is_ours:
        raise LeaseLost
    return Numbered(count, highest, head + count)


def head_of(stream: str) -> int:
    """Return the highest position given so far, 0 in an empty stream."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(position), 0) FROM shared_events_loggedevent WHERE stream = %s", [stream]
        )
        row = cursor.fetchone()
    return int(row[0])
