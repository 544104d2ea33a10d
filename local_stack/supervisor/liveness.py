"""Whether a process that is there still works: nothing of it stopped by a signal, and its heartbeat young."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from local_stack.supervisor.activity import table
from local_stack.supervisor.probes import Stuck

#: Without a touch of its heartbeat file for this long, in seconds, a process hangs. It touches it every five.
SILENT_AFTER = 20.0


class Frozen(Stuck):
    """Problem of a process that does nothing at all, whatever comes."""


@dataclass
class Life:
    """The signs of life of one process, the leader of its session, and of all that it has started."""

    pid: int
    heartbeat: Path | None = None
    _beat: float | None = None
    _beat_seen: float = field(default_factory=time.monotonic)

    def problem(self) -> Frozen | None:
        """Return how it is frozen, or None. To be called every few seconds."""
        silent = self._silence()
        stopped = stopped_in(self.pid)
        if stopped:
            pids = ", ".join(str(pid) for pid in stopped)
            return Frozen(f"a signal has stopped it (pid {pids})")
        return Frozen(f"has shown no life for {silent:.0f} s") if silent > SILENT_AFTER else None

    def heartbeat_age(self) -> float | None:
        """Return the seconds since its last heartbeat, None when it shows none."""
        touched = self._touched()
        return None if touched is None else round(max(0.0, time.time() - touched), 1)

    def _silence(self) -> float:
        """Return for how long we have seen no new beat: by our clock, for a machine that slept wakes all."""
        touched, now = self._touched(), time.monotonic()
        if touched != self._beat:
            self._beat, self._beat_seen = touched, now
        return now - self._beat_seen if touched is not None else 0.0

    def _touched(self) -> float | None:
        try:
            return self.heartbeat.stat().st_mtime if self.heartbeat else None
        except FileNotFoundError:
            return None


def stopped_in(session: int) -> list[int]:
    """Return the processes of a session that a signal has stopped, but not those that a debugger holds."""
    return [pid for pid, entry in table().items() if entry.session == session and entry.state == "T"]
