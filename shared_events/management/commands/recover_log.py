"""`manage recover_log`: give this service's log back what it has lost."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser

from shared_events.envelope import RawEnvelope, from_text
from shared_events.outbox.recovery import CannotRecover, Recovered, recover


class Command(BaseCommand):
    """For a database that was restored from a backup, before the service's processes start again."""

    help = (
        "Add events to this service's log that it lost as it was restored, and make their rows anew. Reads "
        "what `manage received_events` of its subscribers has printed; what the log has stays as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the files."""
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="otherwise standard input")

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        """Recover, and say what was. Raises CommandError when that can't be done, with nothing changed."""
        try:
            recovered = recover(_read(files))
        except (CannotRecover, OSError) as error:
            raise CommandError(str(error)) from error
        self._report(recovered)

    def _report(self, recovered: Recovered) -> None:
        for wire_type, count in sorted(recovered.events.items()):
            self.stdout.write(f"{count}\t{wire_type}")
        for wire_type, ids in sorted(recovered.not_rebuilt.items()):
            self.stdout.write(f"Not made anew, of {wire_type}: {' '.join(sorted(set(ids)))}")
        self.stdout.write(f"Recovered {recovered.events.total()} events")


def _read(files: list[Path]) -> Iterator[RawEnvelope]:
    if not files:
        yield from _envelopes(sys.stdin)
    for path in files:
        with path.open() as file:
            yield from _envelopes(file)


def _envelopes(file: TextIO) -> Iterator[RawEnvelope]:
    for number, line in enumerate(file, 1):
        if line.strip():
            try:
                yield from_text(line)
            except msgspec.MsgspecError as error:
                raise CommandError(f"{file.name}, line {number}, isn't an event: {error}") from error
