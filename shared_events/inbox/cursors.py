"""The cursor: one row per stream that this service follows. Its lock is the right to apply the stream.

The relay never waits for it: a handler may hold it for as long as it runs.
"""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from shared_events import prepared, sweeps
from shared_events.envelope import RawEnvelope
from shared_events.models import Cursor, ReceivedBatch
from shared_events.settings import event_settings

logger = logging.getLogger(__name__)

_CURSOR_FIELDS = [field.attname for field in Cursor._meta.concrete_fields]  # noqa: SLF001
#: What each batch costs is written out: as many statements as with the ORM, for a third of the time.
_LOCK = f"SELECT {', '.join(_CURSOR_FIELDS)} FROM shared_events_cursor WHERE stream = %s FOR UPDATE"  # noqa: S608
_MOVE = """
    WITH kept AS (
        INSERT INTO shared_events_receivedbatch (stream, first_position, last_position, received_at, events)
        SELECT %(stream)s, %(first)s, %(position)s, now(), %(events)s WHERE %(keeps)s
    )
    UPDATE shared_events_cursor
    SET position = %(position)s, last_id = %(last_id)s, head = %(head)s,
        catch_up_requested_at = NULL, attempt_position = NULL, attempts = 0
    WHERE stream = %(stream)s
"""


class Halted(Exception):
    """This service has stopped following the stream, until a person has looked."""


def applied(stream: str) -> int:
    """Return the position up to which this service has applied a stream. Raises Halted."""
    cursor = Cursor.objects.filter(stream=stream).first()
    if cursor is not None and cursor.halted_at:
        raise Halted(f"{stream} is halted: {cursor.halt_reason}")
    return cursor.position if cursor else 0


def make(stream: str) -> None:
    """Make the cursor of a stream, where it is missing, in a transaction of its own.

    A row that is made inside a handler's transaction would block every other process that makes it too.
    """
    if not Cursor.objects.filter(stream=stream).exists():
        Cursor.objects.get_or_create(stream=stream)


def lock(stream: str) -> Cursor:
    """Lock and return this service's cursor of a stream, made at position 0 when it is new."""
    cursor = _lock(stream)
    while cursor is None:
        Cursor.objects.get_or_create(stream=stream)
        cursor = _lock(stream)
    return cursor


def _lock(stream: str) -> Cursor | None:
    rows = prepared.execute(_LOCK, [stream])
    return Cursor.from_db(connection.alias, _CURSOR_FIELDS, rows[0]) if rows else None


def move(cursor: Cursor, first: RawEnvelope, last: RawEnvelope, events: str) -> None:
    """Move the locked cursor to `last`, and keep what was received (`events`, as JSON) for a while."""
    cursor.position = last.position
    values = {
        "stream": cursor.stream,
        "first": first.position,
        "position": last.position,
        "last_id": last.id,
        "head": cursor.head,
        "events": events,
        "keeps": event_settings().keep_received_seconds > 0,
    }
    prepared.execute(_MOVE, values)


def halt(cursor: Cursor, reason: str) -> None:
    """Stop following the stream, by its locked cursor, until a person has looked."""
    cursor.halted_at, cursor.halt_reason = timezone.now(), reason
    cursor.save()
    logger.critical("Stopped following %s: %s", cursor.stream, reason)


def resume(cursor: Cursor) -> None:
    """Let a halted stream go on where it stopped."""
    cursor.halted_at, cursor.halt_reason = None, ""
    cursor.catch_up_requested_at, cursor.attempt_position, cursor.attempts = None, None, 0
    cursor.save()


def set_position(cursor: Cursor, position: int, last_id: UUID | None) -> None:
    """Have the stream read after `position`, once a person has decided that what follows there counts."""
    cursor.position = cursor.head = position
    cursor.last_id, cursor.follows_since = last_id, timezone.now()
    # What comes from there on is received anew.
    ReceivedBatch.objects.filter(stream=cursor.stream, last_position__gt=position).delete()
    resume(cursor)


@sweeps.every(seconds=600)
def purge_received() -> int:
    """Forget what was received long ago."""
    before = timezone.now() - timedelta(seconds=event_settings().keep_received_seconds)
    forgotten, _ = ReceivedBatch.objects.filter(received_at__lt=before).delete()
    return forgotten
