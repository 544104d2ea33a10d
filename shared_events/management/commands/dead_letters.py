"""`manage dead_letters`: list what could not be applied, have it tried again, or discard it."""

import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet

from shared_events.inbox import parking
from shared_events.models import ParkedEvent
from shared_events.status import count_waiting_behind
from shared_events.terminal import who

#: How long the command watches what becomes of what it had tried again, in seconds.
WATCH = 10.0


class Command(BaseCommand):
    """Lists parked events; the events worker tries again what --redrive names."""

    help = (
        "List parked events and dead letters. --redrive has the events worker try some again, in order, with "
        "what waits behind them; --discard gives one up for good, and needs a --reason."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do with which."""
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--redrive", metavar="WHICH", help="a parked event's id, an error as listed, or `all`"
        )
        what.add_argument("--discard", metavar="ID", type=int, help="a parked event's id")
        what.add_argument("--json", action="store_true", help="list them as one line of JSON")
        parser.add_argument("--reason", default="", help="why it is discarded; kept with the event")
        parser.add_argument("--by", default="", help="who decides; otherwise who runs the command")

    def handle(self, *args: Any, redrive: str | None, discard: int | None, **options: Any) -> None:
        """Do it and say what became of it. Raises CommandError when nothing matches."""
        if redrive is not None:
            self._redrive(redrive)
        elif discard is not None:
            self._discard(discard, options["reason"], options["by"] or who())
        elif options["json"]:
            rows = count_waiting_behind(ParkedEvent.objects.order_by("stream", "position"))
            self.stdout.write(json.dumps([_as_dict(row) for row in rows], default=str))
        else:
            self._list()

    def _list(self) -> None:
        for row in ParkedEvent.objects.order_by("stream", "position"):
            self.stdout.write(
                f"{row.id}\t{row.state}\t{row}\t{row.aggregate_id}\ttries {row.tries}\t{row.error}"
            )

    def _redrive(self, which: str) -> None:
        tries = dict(_failed(which).values_list("id", "tries"))
        rows = ParkedEvent.objects.filter(id__in=tries)
        parking.request_redrive(rows)
        give_up = time.monotonic() + WATCH
        while any(row.tries == tries[row.id] and row.dead_at is None for row in rows.all()):
            if time.monotonic() > give_up:
                self.stdout.write(
                    f"{len(tries)} events will be tried again: the events worker hasn't come to all yet"
                )
                return
            time.sleep(0.1)
        left = rows.all().count()
        self.stdout.write(f"Applied {len(tries) - left} of {len(tries)} events, {left} failed again")

    def _discard(self, row_id: int, reason: str, by: str) -> None:
        row = ParkedEvent.objects.filter(id=row_id).first()
        if row is None:
            raise CommandError(f"There is no parked event {row_id}")
        try:
            parking.discard(row, reason=reason, by=by)
        except parking.NotDiscardable as error:
            raise CommandError(f"{error} (--reason)" if not reason else str(error)) from error
        self.stdout.write(f"Discarded {row}; what waited behind it goes on")


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
