"""Show what this service has published last; with --follow, go on as events come."""

import sys
import time
from typing import Any

from django.core.management.base import CommandParser, OutputWrapper

from shared_events.found_events import FoundEvent
from shared_events.outbox.log_search import search

#: How often the log is read, in seconds.
_EVERY = 0.5
_INTERRUPTED = 130


def add_arguments(parser: CommandParser) -> None:
    """Take which, and how many."""
    parser.add_argument("stream", nargs="?", help="one of this service's own (default: all)")
    parser.add_argument("-f", "--follow", action="store_true", help="go on as events come")
    parser.add_argument("-n", "--lines", type=int, default=20, help="how many to begin with (default 20)")


def run(options: dict[str, Any], out: OutputWrapper) -> None:
    """Print a line for each event; with --follow until interrupted. Raises django.db.Error."""
    try:
        _tail(options["stream"], options["lines"], options["follow"], out)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


def _tail(stream: str | None, lines: int, follow: bool, out: OutputWrapper) -> None:
    found, newest = search(stream=stream, last=lines), 0
    while True:
        for event in (FoundEvent(**row) for row in found):
            out.write(event.line())
            newest = max(newest, event.id)
        out.flush()
        if not follow:
            return
        time.sleep(_EVERY)
        found = search(stream=stream, after_id=newest)
