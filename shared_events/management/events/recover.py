"""Add events to this service's log that it lost as it was restored, and make their rows anew.

For a database that was restored from a backup, before the service's processes start again. Reads what `events
received` of its subscribers has printed; what the log has stays as it is.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import msgspec
from django.core.management.base import CommandError, CommandParser, OutputWrapper

from shared_events.envelope import RawEnvelope, from_text
from shared_events.outbox.recovery import CannotRecover, recover


def add_arguments(parser: CommandParser) -> None:
    """Take the files."""
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="otherwise standard input")


def run(options: dict[str, Any], out: OutputWrapper) -> None:
    """Recover, and say what was. Raises CommandError when that can't be done, with nothing changed."""
    try:
        recovered = recover(_read(options["files"]))
    except (CannotRecover, OSError) as error:
        raise CommandError(str(error)) from error
    for wire_type, count in sorted(recovered.events.items()):
        out.write(f"{count}\t{wire_type}")
    for wire_type, ids in sorted(recovered.not_rebuilt.items()):
        out.write(f"Not made anew, of {wire_type}: {' '.join(sorted(set(ids)))}")
    out.write(f"Recovered {recovered.events.total()} events")


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
