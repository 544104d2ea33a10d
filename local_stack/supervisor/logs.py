"""Log files of the processes: kept short, shown together, followed."""

import itertools
import json
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from local_stack.stack import Stack

#: A log is put aside as `<process>.log.1` past this many bytes.
LIMIT = 5_000_000
_FOLLOW_EVERY = 0.3
_BEGINNING = "-------- "


def rotate(stack: Stack) -> None:
    """Put aside every log that has grown past the limit.

    Copied and truncated, since the processes hold the file open; they all write with O_APPEND.
    """
    for log in (stack.run_dir / "log").glob("*.log"):
        if log.stat().st_size > LIMIT:
            shutil.copyfile(log, log.with_suffix(".log.1"))
            with log.open("r+b") as file:
                file.truncate(0)


def begin(log: BinaryIO, process: str) -> None:
    """Write the line that begins each life of a process."""
    log.write(f"{_BEGINNING}{process} starts at {datetime.now().astimezone():%Y-%m-%d %H:%M:%S}\n".encode())
    log.flush()


def last_life(log: Path, lines: int) -> str:
    """Return the last lines that a process logged since it was started last."""
    logged = tail(log, lines).splitlines()
    beginnings = [number for number, line in enumerate(logged) if line.startswith(_BEGINNING)]
    return "\n".join(logged[beginnings[-1] + 1 :] if beginnings else logged) or "(it logged nothing)"


def tail(log: Path, lines: int) -> str:
    """Return the last lines of a log as text, or nothing when there is none."""
    try:
        return "\n".join(map(as_text, log.read_text(errors="replace").splitlines()[-lines:]))
    except FileNotFoundError:
        return ""


def as_text(line: str) -> str:
    """Return a line of JSON as people read it, with its traceback below; any other line as it is."""
    try:
        entry = json.loads(line) if line.startswith("{") else None
    except ValueError:
        return line
    if not isinstance(entry, dict) or "message" not in entry:
        return line
    about = (str(entry.get(name, "")) for name in ("time", "level", "service", "correlation_id", "logger"))
    text = f"{' '.join(filter(None, about))}: {entry['message']}".removeprefix(": ")
    return "\n".join(filter(None, (text, entry.get("exc_info"))))


def logs_of(stack: Stack, process: str | None) -> list[Path]:
    """Return a process's log; all of a service's for `orders`; every log for None."""
    found = sorted((stack.run_dir / "log").glob("*.log"))
    return [
        log for log in found if process is None or log.stem == process or log.stem.startswith(f"{process}.")
    ]


def show(logs: Sequence[Path], *, lines: int, follow: bool) -> None:
    """Print the end of each log, and with `follow` whatever is added, until interrupted."""
    offsets = {log: log.stat().st_size for log in logs}
    for log in logs:
        for line in tail(log, lines).splitlines():
            _print(log, line, prefixed=len(logs) > 1)
    while follow:
        for log, line in itertools.chain.from_iterable(_added(log, offsets) for log in logs):
            _print(log, line, prefixed=len(logs) > 1)
        sys.stdout.flush()
        time.sleep(_FOLLOW_EVERY)


def _added(log: Path, offsets: dict[Path, int]) -> Iterator[tuple[Path, str]]:
    size = log.stat().st_size
    if size < offsets[log]:
        offsets[log] = 0  # rotated meanwhile
    with log.open("rb") as file:
        file.seek(offsets[log])
        added = file.read()
    whole = added.rpartition(b"\n")[0]
    offsets[log] += len(whole) + 1 if whole else 0
    for line in whole.decode(errors="replace").splitlines():
        yield from ((log, part) for part in as_text(line).splitlines())


def _print(log: Path, line: str, *, prefixed: bool) -> None:
    print(f"{log.stem:<16} {line}" if prefixed else line)
