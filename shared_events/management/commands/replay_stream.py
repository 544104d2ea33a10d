"""`manage replay_stream`: have this service's handlers take a stream's events once more."""

import logging
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from shared_events.inbox import cursors

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """The one way for a cursor to go back: a person's word, for a replica that must be made anew."""

    help = "Move this service's cursor back, so that catch-up brings the events after it once more."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the stream and where to begin."""
        parser.add_argument("stream")
        parser.add_argument("--from", dest="first", type=int, required=True, metavar="POSITION")
        parser.add_argument(
            "--last-id", type=UUID, help="the id of the publisher's event before that position"
        )

    def handle(self, *args: Any, stream: str, first: int, last_id: UUID | None, **options: Any) -> None:
        """Move the cursor. Raises CommandError when that makes no sense."""
        if first < 1 or (first > 1) != (last_id is not None):
            raise CommandError("--last-id goes with a position above 1: it is the id of the event before it")
        with transaction.atomic():
            cursor = cursors.lock(stream)
            if first > cursor.position:
                raise CommandError(f"{stream} has been read up to {cursor.position} only")
            logger.warning("Replaying %s from %d; it was read up to %d", stream, first, cursor.position)
            cursors.set_position(cursor, first - 1, last_id)
        self.stdout.write(f"{stream} will be read again from position {first}")
