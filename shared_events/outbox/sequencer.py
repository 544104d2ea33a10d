"""Giving positions: 1, 2, 3, … without gaps, to what has committed, in the order of the rows."""

import re
import time
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter

from django.db import connection

from shared_events import prepared
from shared_events.envelope import PublishedEnvelope
from shared_events.outbox.lease import LeaseLost
from shared_events.outbox.log_reader import COLUMNS, byte_limits, envelope_of

#: Rows sequenced in one statement, where they aren't too many bytes.
MOST = 1000
#: How often the low-water mark may rise, and how often it is disregarded, in seconds.
ADVANCE_EVERY, LOOK_EVERYWHERE_EVERY = 1.0, 10.0


#: The table's columns are meant: the tables joined to it have some of the same names.
_RETURNED = re.sub(r"\b(stream|position|data|data_bytes)\b", r"event.\1", COLUMNS)

#: One statement, so that a round costs one commit and no more trips than it must; without work it writes
#: nothing. A relay that takes over updates the lease's row, and so waits for a statement that has locked it,
#: or makes it number nothing. What waits has an index of its own: with a condition on the stream the planner
#: may prefer another.
_ASSIGN_POSITIONS = f"""
    WITH found AS (
        SELECT id, stream, CASE WHEN data_bytes <= %(batch_bytes)s THEN data_bytes ELSE 0 END AS read_bytes
        FROM shared_events_loggedevent
        WHERE position IS NULL AND id > %(above)s ORDER BY id LIMIT %(most)s
    ), waiting AS (
        SELECT id, stream, nth FROM (
            SELECT id, stream, row_number() OVER (PARTITION BY stream ORDER BY id) AS nth,
                   sum(read_bytes) OVER (ORDER BY id) - read_bytes AS bytes_before
            FROM found
        ) AS measured WHERE bytes_before < %(page_bytes)s
    ), lease AS (
        SELECT id FROM shared_events_relaylease
        WHERE fence = %(fence)s AND EXISTS (SELECT FROM waiting) FOR SHARE
    ), heads AS (
        SELECT stream, coalesce((
            SELECT max(position) FROM shared_events_loggedevent AS event WHERE event.stream = streams.stream
        ), 0) AS head
        FROM (SELECT DISTINCT stream FROM waiting) AS streams
    ), sequenced AS (
        UPDATE shared_events_loggedevent AS event SET position = head + nth
        FROM waiting JOIN heads USING (stream), lease WHERE event.id = waiting.id
        RETURNING event.id AS row_id, {_RETURNED}
    )
    SELECT EXISTS (SELECT FROM shared_events_outgoingcommand WHERE id > %(commands_above)s),
           (SELECT count(*) FROM found), sequenced.*
    FROM (SELECT) AS always LEFT JOIN sequenced ON true ORDER BY stream, position
"""  # noqa: S608 (our own names)


#: A plan that is kept may have been made for an empty log. A relay finds all that it reads by indexes: what
#: uses them suits a log of any length.
_PLAN_FOR_ANY_LENGTH = """
    SET plan_cache_mode = force_generic_plan;
    SET enable_seqscan = off;
    SET enable_hashjoin = off;
    SET enable_mergejoin = off
"""


@dataclass
class LowWaterMark:
    """A row id at or below which nothing waits: no search need begin with the rows done long ago.

    Rows that were done stay in an index for as long as any snapshot is held open, and a search from the
    beginning walks over them all. A row may commit after one with a higher id. So an id becomes the low-water
    mark when the transactions that ran as it was seen have ended; and a look below the low-water mark now and
    then finds what might have slipped through (an id is drawn a moment before its transaction gets a number).
    """

    id: int = 0
    #: The id that may become the low-water mark, and the next transaction number when it was seen.
    _candidate: tuple[int, int] | None = None
    _all_ended: bool = False
    _next_look: float = 0.0
    _next_look_everywhere: float = field(default_factory=lambda: time.monotonic() + LOOK_EVERYWHERE_EVERY)

    def lower_bound(self) -> int:
        """Return the id above which to search now."""
        now = time.monotonic()
        if self._candidate and not self._all_ended and now >= self._next_look:
            self._next_look = now + ADVANCE_EVERY
            self._all_ended = _transactions()[0] >= self._candidate[1]
        if now < self._next_look_everywhere:
            return self.id
        self._next_look_everywhere = now + LOOK_EVERYWHERE_EVERY
        return 0

    def advance(self, *, done: int) -> None:
        """Note that the search since `lower_bound` left nothing to do, but a row of the id `done`."""
        if self._candidate is None:
            self._candidate, self._next_look = (done, _transactions()[1]), time.monotonic() + ADVANCE_EVERY
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
class SequencedBatch:
    """What a statement has sequenced, by stream and in order, and the highest row id among it.

    `is_complete` says whether nothing was left for the next statement. `commands_wait` says whether there are
    commands to be sent, which costs next to nothing to ask as well.
    """

    streams: dict[str, list[PublishedEnvelope]]
    count: int
    highest: int
    is_complete: bool
    commands_wait: bool


def assign_positions(*, above: int, commands_above: int, fence: int) -> SequencedBatch:
    """Give the next positions to rows with an id above `above`: MOST at a time, and not too many bytes.

    `fence` proves that the caller holds the relay's lease. Raises LeaseLost when another has it.
    """
    values = {"above": above, "commands_above": commands_above, "most": MOST, "fence": fence}
    rows = prepared.execute(_ASSIGN_POSITIONS, values | byte_limits())
    commands_wait, found, row_id = rows[0][:3]
    if not found:
        return SequencedBatch({}, 0, 0, True, commands_wait)  # noqa: FBT003 (fields, by their order)
    if row_id is None:
        raise LeaseLost
    envelopes = [envelope_of(row[3:]) for row in rows]
    streams = {stream: list(run) for stream, run in groupby(envelopes, key=attrgetter("stream"))}
    is_complete = len(rows) == found < MOST
    return SequencedBatch(streams, len(rows), max(row[2] for row in rows), is_complete, commands_wait)


def prepare_connection() -> None:
    """Have the statement parsed and planned once on this connection: that takes as long as to run it."""
    connection.ensure_connection()
    prepared.enable(connection)
    with connection.cursor() as cursor:
        cursor.execute(_PLAN_FOR_ANY_LENGTH)


def head_of(stream: str) -> int:
    """Return the highest position given so far, 0 in an empty stream."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(position), 0) FROM shared_events_loggedevent WHERE stream = %s", [stream]
        )
        row = cursor.fetchone()
    return int(row[0])
