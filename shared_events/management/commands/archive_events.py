"""`manage archive_events`: move old events out of the log into its archive."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from shared_events.outbox.archive import archive
from shared_events.settings import event_settings


class Command(BaseCommand):
    """Late services still read what was archived; nothing is deleted."""

    help = "Move published events older than some days out of the log; catch-up reads them from the archive."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the age."""
        parser.add_argument("--older-than", type=int, required=True, metavar="DAYS")

    def handle(self, *args: Any, older_than: int, **options: Any) -> None:
        """Archive each stream and say how many events were moved."""
        before = timezone.now() - timedelta(days=older_than)
        for stream in event_settings().publishes:
            moved = archive(stream, before=before)
            self.stdout.write(f"{stream}: archived {moved} events from before {before:%Y-%m-%d %H:%M} UTC")
