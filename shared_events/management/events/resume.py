"""Follow a halted stream again.

Where it stopped, once its publisher has recovered its log or the cause is mended; or from the position given,
where another log counts now. What was received after it is printed, and `events skipped` lists what of it is
lost until that is looked after. The publisher's `events search --stream STREAM --position NUMBER` prints an
event's id.
"""

from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser, OutputWrapper

from shared_events.inbox.resume import NotResumable, resume_stream


def add_arguments(parser: CommandParser) -> None:
    """Take the stream and where to go on."""
    parser.add_argument("stream")
    parser.add_argument("--from", dest="position", type=int, metavar="POSITION")
    parser.add_argument("--last-id", type=UUID, help="the id of the publisher's event at that position")


def run(options: dict[str, Any], out: OutputWrapper) -> None:
    """Lift the halt. Raises CommandError when that makes no sense."""
    stream = options["stream"]
    try:
        resumed = resume_stream(stream, position=options["position"], last_id=options["last_id"])
    except NotResumable as error:
        raise CommandError(str(error)) from error
    for event in resumed.lost:
        out.write(f"lost: {event.position}\t{event.type}\t{event.aggregate_id}")
    out.write(f"{stream} goes on after position {resumed.position}")
