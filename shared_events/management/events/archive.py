"""Move published events older than some days out of the log; catch-up reads them from the archive.

Late services still read what was archived; nothing is deleted.
"""

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser, OutputWrapper
from django.utils import timezone

from shared_events.outbox.archive import archive
from shared_events.settings import event_settings


def add_arguments(parser: CommandParser) -> None:
    """Take the age."""
    parser.add_argument("--older-than", type=int, required=True, metavar="DAYS")


def run(options: dict[str, Any], out: OutputWrapper) -> None:
    """Archive each stream and say how many events were moved."""
    before = timezone.now() - timedelta(days=options["older_than"])
    for stream in event_settings().publishes:
        moved = archive(stream, before=before)
        out.write(f"{stream}: archived {moved} events from before {before:%Y-%m-%d %H:%M} UTC")
