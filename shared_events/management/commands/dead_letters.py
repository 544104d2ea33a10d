"""`manage dead_letters`: list what could not be applied, and try it again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shared_events.models import ParkedEvent
from shared_events.parking import redrive


class Command(BaseCommand):
    """Lists parked events; with --redrive tries one, or all, again in order."""

    help = (
        "List parked events and dead letters; --redrive an id, an error or `all` tries them again, in order."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to redrive."""
        parser.add_argument(
            "--redrive", metavar="WHICH", help="a parked event's id, an error as listed, or `all`"
        )

    def handle(self, *args: Any, redrive: str | None, **options: Any) -> None:
        """List, or redrive and say how many events were applied. Raises CommandError when nothing matches."""
        if redrive:
            self.stdout.write(f"Applied {_redrive(redrive)} events")
            return
        for row in ParkedEvent.objects.order_by("stream", "position"):
            state = "dead" if row.dead_at else "retrying" if row.next_try_at else "waiting"
            self.stdout.write(f"{row.id}\t{state}\t{row}\t{row.aggregate_id}\ttries {row.tries}\t{row.error}")


def _redrive(which: str) -> int:
    failed = ParkedEvent.objects.exclude(error="").order_by("stream", "position")
    if which == "all":
        rows = failed
    else:
        rows = failed.filter(id=int(which)) if which.isdigit() else failed.filter(error=which)
        if not rows:
            raise CommandError(f"There is no parked event {which!r} that failed by itself")
    return sum(redrive(row) for row in rows)
