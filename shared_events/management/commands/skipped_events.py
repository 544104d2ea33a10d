"""`manage skipped_events`: what was left behind as streams went on elsewhere, and that it is looked after."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shared_events import skipped
from shared_events.models import SkippedRange
from shared_events.terminal import who


class Command(BaseCommand):
    """Lists what `resume_stream --from` has left behind; exit code 1 while there is something."""

    help = (
        "List what was left behind as `resume_stream --from` had a stream go on elsewhere: what was applied "
        "here and the publisher's log no longer has, and what was never applied. --settle says that its "
        "consequences are looked after, and needs a --reason. Exit code 1 while something is open."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what is settled, and why."""
        parser.add_argument("--settle", metavar="ID", type=int, help="the number of a range, as listed")
        parser.add_argument("--reason", default="", help="what was done about it; kept with it")
        parser.add_argument("--by", default="", help="who decides; otherwise who runs the command")

    def handle(self, *args: Any, settle: int | None, reason: str, by: str, **options: Any) -> None:
        """List, or settle. Raises CommandError."""
        if settle is not None:
            try:
                self.stdout.write(f"Settled: {skipped.settle(settle, reason=reason, by=by or who())}")
            except skipped.NotSettled as error:
                raise CommandError(f"{error} (--reason)" if not reason else str(error)) from error
            return
        ranges = skipped.open_ranges()
        for one in ranges:
            self._report(one)
        if ranges:
            raise CommandError(f"{len(ranges)} to settle, once their consequences are looked after")
        self.stdout.write("Nothing was skipped")

    def _report(self, one: SkippedRange) -> None:
        self.stdout.write(f"{one.id}\t{one}")
        for event in skipped.lost_events(one):
            self.stdout.write(f"\tlost: {event.position}\t{event.type}\t{event.aggregate_id}")
