"""Move this service's cursor back, so that catch-up brings the events after it once more, to all handlers.

The one way for a cursor to go back: a person's word, for replicas that must be made anew. The publisher's
`events search --stream STREAM --position NUMBER` prints an event's id.
"""

import logging
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser, OutputWrapper
from django.db import transaction

from shared_events.inbox import cursors

logger = logging.getLogger(__name__)


def add_arguments(parser: CommandParser) -> None:
    """Take the stream and where to begin."""
    parser.add_argument("stream")
    parser.add_argument("--from", dest="first", type=int, required=True, metavar="POSITION")
    parser.add_argument("--last-id", type=UUID, help="the id of the publisher's event before that position")


def run(options: dict[str, Any], out: OutputWrapper) -> None:
    """Move the cursor. Raises CommandError when that makes no sense."""
    stream, first, last_id = options["stream"], options["first"], options["last_id"]
    if first < 1 or (first > 1) != (last_id is not None):
        raise CommandError("--last-id goes with a position above 1: it is the id of the event before it")
    with transaction.atomic():
        cursor = cursors.lock(stream)
        if first > cursor.position:
            raise CommandError(f"{stream} has been read up to {cursor.position} only")
        logger.warning("Replaying %s from %d; it was read up to %d", stream, first, cursor.position)
        cursors.set_position(cursor, first - 1, last_id)
    out.write(f"{stream} will be read again from position {first}")
