"""List what could not be applied, have it tried again, or discard it.

Parked events and dead letters are listed. --redrive has the events worker try some again, in order, with what
waits behind them; --discard gives one up for good, and needs a --reason.
"""

import json
import time
from typing import Any

from django.core.management.base import CommandError, CommandParser, OutputWrapper
from django.db.models import QuerySet

from shared_events.inbox import parking
from shared_events.models import ParkedEvent
from shared_events.status import count_waiting_behind
from shared_events.terminal import who

#: How long the command watches what becomes of what it had tried again, in seconds.
WATCH = 10.0


def add_arguments(parser: CommandParser) -> None:
    """Take what to do with which."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--redrive", metavar="WHICH", help="a parked event's id, an error as listed, or `all`")
    what.add_argument("--discard", metavar="ID", type=int, help="a parked event's id")
    what.add_argument("--json", action="store_true", help="list them as one line of JSON")
    parser.add_argument("--reason", default="", help="why it is discarded; kept with the event")
    parser.add_argument("--by", default="", help="who decides; otherwise who runs the command")


def run(options: dict[str, Any], out: OutputWrapper) -> None:
    """Do it and say what became of it. Raises CommandError when nothing matches."""
    if options["redrive"] is not None:
        _redrive(options["redrive"], out)
    elif options["discard"] is not None:
        _discard(options["discard"], options["reason"], options["by"] or who(), out)
    elif options["json"]:
        rows = count_waiting_behind(ParkedEvent.objects.order_by("stream", "position"))
        out.write(json.dumps([_as_dict(row) for row in rows], default=str))
    else:
        for row in ParkedEvent.objects.order_by("stream", "position"):
            out.write(f"{row.id}\t{row.state}\t{row}\t{row.aggregate_id}\ttries {row.tries}\t{row.error}")


def _redrive(which: str, out: OutputWrapper) -> None:
    tries = dict(_failed(which).values_list("id", "tries"))
    rows = ParkedEvent.objects.filter(id__in=tries)
    parking.request_redrive(rows)
    give_up = time.monotonic() + WATCH
    while any(row.tries == tries[row.id] and row.dead_at is None for row in rows.all()):
        if time.monotonic() > give_up:
            out.write(f"{len(tries)} events will be tried again: the events worker hasn't come to all yet")
            return
        time.sleep(0.1)
    left = rows.all().count()
    out.write(f"Applied {len(tries) - left} of {len(tries)} events, {left} failed again")


def _discard(row_id: int, reason: str, by: str, out: OutputWrapper) -> None:
    row = ParkedEvent.objects.filter(id=row_id).first()
    if row is None:
        raise CommandError(f"There is no parked event {row_id}")
    try:
        parking.discard(row, reason=reason, by=by)
    except parking.NotDiscardable as error:
        raise CommandError(f"{error} (--reason)" if not reason else str(error)) from error
    out.write(f"Discarded {row}; what waited behind it goes on")


def _as_dict(row: ParkedEvent) -> dict[str, Any]:
    names = ("id", "state", "stream", "position", "type", "aggregate_id", "tries", "waiting_behind", "error")
    return {name: getattr(row, name) for name in names}


def _failed(which: str) -> QuerySet[ParkedEvent]:
    failed = ParkedEvent.objects.exclude(error="")
    if which == "all":
        return failed
    rows = failed.filter(id=int(which)) if which.isdigit() else failed.filter(error=which)
    if not rows:
        raise CommandError(f"There is no parked event {which!r} that failed by itself")
    return rows
