"""`manage resume_stream`: follow a stream again that was halted because its log was replaced."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from shared_events.consumer import lock_cursor, resume


class Command(BaseCommand):
    """A person decides from where the replaced log counts."""

    help = "Follow a halted stream again, from the position given; 0 applies its log from the beginning."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the stream and where to go on."""
        parser.add_argument("stream")
        parser.add_argument("--from", dest="position", type=int, required=True, metavar="POSITION")
        parser.add_argument("--last-id", type=UUID, help="the id of the publisher's event at that position")

    def handle(self, *args: Any, stream: str, position: int, last_id: UUID | None, **options: Any) -> None:
        """Move the cursor and lift the halt. Raises CommandError when that makes no sense."""
        if (position > 0) != (last_id is not None):
            raise CommandError(
                "--last-id goes with a position above 0: it is the id of the event at that position"
            )
        with transaction.atomic():
            cursor = lock_cursor(stream)
            if cursor.halted_at is None:
                raise CommandError(f"{stream} isn't halted")
            resume(cursor, position, last_id)
        self.stdout.write(f"{stream} goes on after position {position}")
