"""Follow a halted stream again.

Where it stopped, once its publisher has recovered its log or the cause is mended; or from the position given,
where another log counts now. What was received after it is printed, and `events skipped` lists what of it is
lost until that is looked after. The publisher's `events search --stream STREAM --position NUMBER` prints an
event's id.
"""

from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser, OutputWrapper
from django.db import transaction

from shared_events import skipped
from shared_events.envelope import RawEnvelope
from shared_events.inbox import cursors
from shared_events.inbox.received import received_events
from shared_events.outbox import recovery


def add_arguments(parser: CommandParser) -> None:
    """Take the stream and where to go on."""
    parser.add_argument("stream")
    parser.add_argument("--from", dest="position", type=int, metavar="POSITION")
    parser.add_argument("--last-id", type=UUID, help="the id of the publisher's event at that position")


def run(options: dict[str, Any], out: OutputWrapper) -> None:
    """Lift the halt. Raises CommandError when that makes no sense."""
    stream, position, last_id = options["stream"], options["position"], options["last_id"]
    if (last_id is not None) != bool(position) or (position or 0) < 0:
        raise CommandError(
            "--last-id goes with a position above 0: it is the id of the event at that position"
        )
    with transaction.atomic():
        cursor = cursors.lock(stream)
        if cursor.halted_at is None:
            raise CommandError(f"{stream} isn't halted")
        lost: list[RawEnvelope] = []
        if position is None:
            cursors.resume(cursor)
        else:
            lost = list(received_events(stream, after=position))
            recovery.forget(stream, lost, after=position)
            skipped.note(stream, read=cursor.position, resumed=position, lost=lost)
            cursors.set_position(cursor, position, last_id)
    for event in lost:
        out.write(f"lost: {event.position}\t{event.type}\t{event.aggregate_id}")
    out.write(f"{stream} goes on after position {cursor.position}")
