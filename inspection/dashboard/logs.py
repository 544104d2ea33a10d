"""The logs of all processes as one: searched, filtered and followed, by reading a bounded part of each."""

import contextlib
import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

#: The most entries of an answer, and characters of an entry.
MAX_ENTRIES, MAX_CHARACTERS = 500, 20_000
#: Bytes that are read from the end of each log; with a filter from the ends of all logs together.
TAIL_BYTES, SEARCH_BYTES = 200_000, 24_000_000
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

_LONGEST_LINE = 64_000
_SAME_LEVEL = {"WARN": "WARNING", "FATAL": "CRITICAL", "PANIC": "CRITICAL", "LOG": "INFO", "NOTICE": "INFO"}
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_TIME = re.compile(
    r".{0,40}?(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d:\d\d:\d\d)([.,]\d{1,6})?\d* ?(Z|UTC|[+-]\d\d:?\d\d)?\]?\s*"
)
_LEVEL = re.compile(
    r"\b(DEBUG|INFO|NOTICE|LOG|WARN|WARNING|ERROR|CRITICAL|FATAL|PANIC)\b:?\s*"
    r"|\[(debug|info|notice|warn|warning|error|critical)\]\s*"
)
_TRACE = re.compile(r"trace_?(?:id|parent)?[\"']?[=: ]+[\"']?(?:00-)?([0-9a-f]{32})\b", re.IGNORECASE)


@dataclass(frozen=True)
class LogFilter:
    """What an entry must have. `process` is a process or a service, `level` the lowest one; empty: any."""

    process: str = ""
    level: str = ""
    text: str = ""
    trace: str = ""

    def matches(self, entry: "Entry") -> bool:
        """Return whether an entry of the right process has all of it."""
        text = entry.text.lower()
        lowest = LEVELS.index(self.level) if self.level in LEVELS else 0
        is_of_trace = self.trace.lower() in text or self.trace == entry.trace
        return LEVELS.index(entry.level) >= lowest and self.text.lower() in text and is_of_trace


@dataclass
class Entry:
    """A line of a log and the lines that belong to it. `time` is in epoch seconds, 0 where it isn't known."""

    process: str
    at: int
    time: float
    level: str
    text: str
    trace: str = ""


def read_logs(folder: Path, wanted: LogFilter, after: Mapping[str, int] | None = None) -> dict[str, Any]:
    """Return {entries, after, processes}: the last matching entries by time, and the names of all logs.

    `after` has the place of each log up to which it was read: with it, only what was added since is read.
    """
    processes = sorted(path.stem for path in folder.glob("*.log"))
    prefix = f"{wanted.process}." if wanted.process else ""
    names = [name for name in processes if f"{name}.".startswith(prefix)]
    is_search = after is None and wanted != LogFilter(process=wanted.process)
    reach = SEARCH_BYTES // max(1, len(names)) if is_search else TAIL_BYTES
    found: list[Entry] = []
    ends: dict[str, int] = {}
    for log in (folder / f"{name}.log" for name in names):
        size, known = log.stat().st_size, (after or {}).get(log.stem, 0)
        # One that is shorter than before was put aside.
        start = max(known if 0 <= known <= size else 0, size - reach)
        ends[log.stem] = start
        latest: deque[Entry] = deque(maxlen=MAX_ENTRIES)
        for entry, end in _entries(log, start, is_whole=start in {0, known}):
            ends[log.stem] = end
            if wanted.matches(entry):
                latest.append(entry)
        found += latest
    found.sort(key=lambda entry: entry.time)
    entries = [asdict(entry) for entry in found[-MAX_ENTRIES:]]
    return {"entries": entries, "after": ends, "processes": processes}


def _entries(log: Path, start: int, *, is_whole: bool) -> Iterator[tuple[Entry, int]]:
    """Yield each entry after a place, and where it ends; unless `is_whole`, it may be within a line."""
    entry, end, is_inside = Entry(log.stem, start, 0.0, "INFO", ""), start, False
    for at, raw in _lines(log, start, is_whole=is_whole):
        line = _COLOUR.sub("", raw.decode(errors="replace")).rstrip()
        time = _time_of(line)
        is_inside = not time and (is_inside or line[:1].isspace() or line.startswith("Traceback "))
        if is_inside and end > start and len(entry.text) < MAX_CHARACTERS:
            entry.text += f"\n{line}"
        else:
            if end > start:
                yield entry, end
            entry = _entry(log.stem, at, line, time or entry.time)
        end = at + len(raw)
    if end > start:
        yield entry, end


def _lines(log: Path, start: int, *, is_whole: bool) -> Iterator[tuple[int, bytes]]:
    with log.open("rb") as file:
        file.seek(start)
        if not is_whole:
            file.readline(_LONGEST_LINE)
        at = file.tell()
        while line := file.readline(_LONGEST_LINE):
            if line.endswith(b"\n") or len(line) == _LONGEST_LINE:
                yield at, line
            at += len(line)


def _entry(process: str, at: int, line: str, time: float) -> Entry:
    begun, trace = _TIME.match(line), _TRACE.search(line)
    # Time and level have places of their own: where a line begins with them, its text doesn't repeat them.
    text = line[begun.end() :] if begun and begun.start(1) <= 1 else line
    level = _LEVEL.search(text[:160])
    name = (level[1] or level[2]).upper() if level else "INFO"
    text = text[level.end() :] if level and level.start() == 0 else text
    if line.startswith("{"):
        with contextlib.suppress(ValueError, RecursionError):
            fields = json.loads(line)
            name, message = str(fields.pop("level", name)).upper(), fields.pop("message", "")
            rest = [f"{key}={value}" for key, value in fields.items() if value not in ("", None)]
            text = f"{message} {' '.join(rest)}"[:MAX_CHARACTERS]
    name = _SAME_LEVEL.get(name, name)
    name = name if name in LEVELS else "INFO"
    return Entry(process, at, time, name, text, trace[1].lower() if trace else "")


def _time_of(line: str) -> float:
    found = _TIME.match(line)
    if not found:
        return 0.0
    year, month, day, clock, part, zone = found.groups(default="")
    try:
        fraction = f".{part[1:].ljust(6, '0')}" if part else ""
        offset = "+00:00" if zone in {"Z", "UTC"} else zone
        time = datetime.fromisoformat(f"{year}-{month}-{day}T{clock}{fraction}{offset}")
    except ValueError:
        return 0.0
    # The processes of Django, which write a comma, are in UTC; all others are in the machine's own zone.
    return (time.replace(tzinfo=UTC) if part.startswith(",") and not zone else time).timestamp()
