"""Print the events of a stream that were applied here lately, a line of JSON for each, oldest first.

For a publisher that has lost them: its `events recover` reads these lines.
"""

from typing import Any

from django.core.management.base import CommandParser, OutputWrapper

from shared_events.inbox.received import received_events


def add_arguments(parser: CommandParser) -> None:
    """Take the stream and where to begin."""
    parser.add_argument("stream")
    parser.add_argument("--after", type=int, default=0, metavar="POSITION")


def run(options: dict[str, Any], out: OutputWrapper) -> None:
    """Print them."""
    for event in received_events(options["stream"], after=options["after"]):
        out.write(event.to_text())
