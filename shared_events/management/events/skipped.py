"""List what `events resume --from` has left behind, or say that it is looked after.

What was applied here and the publisher's log no longer has, and what was never applied. --settle says that
its consequences are looked after, and needs a --reason. Exit code 1 while something is open.
"""

from typing import Any

from django.core.management.base import CommandError, CommandParser, OutputWrapper

from shared_events import skipped
from shared_events.terminal import who


def add_arguments(parser: CommandParser) -> None:
    """Take what is settled, and why."""
    parser.add_argument("--settle", metavar="ID", type=int, help="the number of a range, as listed")
    parser.add_argument("--reason", default="", help="what was done about it; kept with it")
    parser.add_argument("--by", default="", help="who decides; otherwise who runs the command")


def run(options: dict[str, Any], out: OutputWrapper) -> None:
    """List, or settle. Raises CommandError."""
    if options["settle"] is None:
        _list(out)
        return
    reason = options["reason"]
    try:
        settled = skipped.settle(options["settle"], reason=reason, by=options["by"] or who())
    except skipped.NotSettled as error:
        raise CommandError(f"{error} (--reason)" if not reason else str(error)) from error
    out.write(f"Settled: {settled}")


def _list(out: OutputWrapper) -> None:
    ranges = skipped.open_ranges()
    for one in ranges:
        out.write(f"{one.id}\t{one}")
        for event in skipped.lost_events(one):
            out.write(f"\tlost: {event.position}\t{event.type}\t{event.aggregate_id}")
    if ranges:
        raise CommandError(f"{len(ranges)} to settle, once their consequences are looked after")
    out.write("Nothing was skipped")
