"""`manage received_events`: what this service has received of a stream, for a publisher that has lost it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from shared_events.inbox.received import received_events


class Command(BaseCommand):
    """Prints one envelope a line, as `manage recover_log` of the publisher reads them."""

    help = (
        "Print the events of a stream that were applied here lately, a line of JSON for each, oldest first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the stream and where to begin."""
        parser.add_argument("stream")
        parser.add_argument("--after", type=int, default=0, metavar="POSITION")

    def handle(self, *args: Any, stream: str, after: int, **options: Any) -> None:
        """Print them."""
        for event in received_events(stream, after=after):
            self.stdout.write(event.to_text())
