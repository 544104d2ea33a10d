"""Whether a process and all that it has started still move: waiting goes by progress, not by a clock.

On a busy machine everything takes longer, by any factor; what is stuck shows no sign of life on any machine.
"""

import contextlib
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

#: Seconds without a sign of progress after which waiting ends.
STALLED_AFTER = 60.0
#: Seconds over which CPU time is added up, at most.
_LONGEST_WINDOW = 5.0
#: CPU time, as a share of one core, below which a process only idles. What starts on two cores with a load of
#: 100 still gets twice as much; RabbitMQ, a database or a worker without work uses a tenth of it.
_IDLE_SHARE = 0.01
#: Every waiting caller can use what the first has read, for these seconds.
_TABLE_KEEPS = 0.5
#: Numbers, times and ids: what differs when the same thing is logged once more.
_NUMBERS = re.compile(r"\b[0-9a-f]+\b|\d+")
_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_STATES = {psutil.STATUS_STOPPED: "T", psutil.STATUS_DISK_SLEEP: "D"}


@dataclass(frozen=True)
class Entry:
    """One process. `state` is a letter as in `ps`; `seconds`: its CPU time, ended children included."""

    parent: int
    session: int
    state: str
    seconds: float


class Activity:
    """The signs of progress of a process, its descendants and its log.

    These are CPU time, waiting for a disk, and lines in the log that it had not written before: what only
    tries again writes the same ones. To be looked at once a second or so.
    """

    def __init__(self, pid: int, log: Path | None = None, offset: int = 0) -> None:
        self._pid, self._log, self._offset = pid, log, offset
        self._known_lines: set[str] = set()
        self._looked = self._moved = self._window_began = time.monotonic()
        self._seconds = self._cpu_seconds()

    def idle_seconds(self) -> float:
        """Look at it, and return for how long it has not moved."""
        now = time.monotonic()
        window = min(_LONGEST_WINDOW, STALLED_AFTER / 3)
        if now - self._looked > 2 * window:
            # No check was made, or this process did not run itself: that time counts for nothing.
            self._moved = self._window_began = now
            self._seconds = self._cpu_seconds()
        self._looked = now
        if self._has_used_cpu(now, window) or self._has_logged() or self._waits_for_disk():
            self._moved = now
        return now - self._moved

    def _has_used_cpu(self, now: float, window: float) -> bool:
        elapsed = now - self._window_began
        if elapsed < window:
            return False
        before, self._seconds, self._window_began = self._seconds, self._cpu_seconds(), now
        return self._seconds - before > _IDLE_SHARE * elapsed

    def _cpu_seconds(self) -> float:
        return sum(entry.seconds for entry in family(self._pid).values())

    def _waits_for_disk(self) -> bool:
        return any(entry.state == "D" for entry in family(self._pid).values())

    def _has_logged(self) -> bool:
        """Return whether lines were added that differ from all before them by more than their numbers."""
        if self._log is None:
            return False
        try:
            with self._log.open("rb") as log:
                size = log.seek(0, os.SEEK_END)
                log.seek(self._offset if self._offset <= size else 0)  # shorter: put aside meanwhile
                added = log.read()
        except FileNotFoundError:
            return False
        self._offset = size
        lines = added.decode(errors="replace").splitlines()
        new = {_NUMBERS.sub("0", line) for line in lines} - self._known_lines
        self._known_lines |= new
        return bool(new)


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used, without its children; 0 when there is no such process."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def family(pid: int) -> dict[int, Entry]:
    """Return a process with its descendants, and with all of the session that it leads."""
    known = table()
    members = {other for other, entry in known.items() if pid in {other, entry.session}}
    while more := {other for other, entry in known.items() if entry.parent in members} - members:
        members |= more
    return {member: known[member] for member in members}


_table: dict[int, Entry] = {}
_read_at = float("-inf")


def table() -> dict[int, Entry]:
    """Return every process of the machine, as it was half a second ago at most."""
    global _table, _read_at
    if time.monotonic() - _read_at > _TABLE_KEEPS:
        _table, _read_at = _read_proc() if _PROC.exists() else _read_psutil(), time.monotonic()
    return _table


def _read_proc() -> dict[int, Entry]:
    found: dict[int, Entry] = {}
    for name in os.listdir(_PROC):
        if name.isdecimal():
            with contextlib.suppress(OSError):  # gone meanwhile
                fields = (_PROC / name / "stat").read_text().rpartition(")")[2].split()
                ticks = sum(int(field) for field in fields[11:15])
                found[int(name)] = Entry(int(fields[1]), int(fields[3]), fields[0], ticks / _TICKS)
    return found


def _read_psutil() -> dict[int, Entry]:
    found: dict[int, Entry] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            state = _STATES.get(process.status(), "")
            found[process.pid] = Entry(
                process.ppid(), os.getsid(process.pid), state, cpu_seconds(process.pid)
            )
    return found
