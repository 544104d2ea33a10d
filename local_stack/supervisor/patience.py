"""For how long a process that is stuck, or a place that is empty, is left alone before a start."""

import time

from local_stack.supervisor.probes import Stuck

#: Seconds for which a process may be stuck. Twice as long after each new start that mended nothing, up to the
#: longest; and longer for a process that has not been well since it was started.
SECONDS, LONGEST = 10.0, 600.0
_FACTOR_OF_NEWCOMERS, _MOST_DOUBLINGS = 6, 20
#: A process that was well for this long, in seconds, has been mended by its start.
_MENDED_AFTER = 60.0
_PAUSES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)


def patience_with(starts: int, *, was_well: bool) -> float:
    """Return the seconds that a stuck process gets, after so many starts in a row that mended nothing."""
    first = SECONDS if was_well else SECONDS * _FACTOR_OF_NEWCOMERS
    return min(LONGEST, first * (1 << min(starts, _MOST_DOUBLINGS)))


def pause_after(failures: int) -> float:
    """Return the seconds before another start, by how many failed in a row: none after the first death."""
    return _PAUSES[min(failures, len(_PAUSES) - 1)]


class Patience:
    """What is remembered of how a managed process was."""

    def __init__(self) -> None:
        self.was_well = False
        self._well_since = self._stuck_since = 0.0
        self._vain_starts = 0

    def begin(self) -> None:
        """Note that another process has been started."""
        self.was_well, self._well_since, self._stuck_since = False, 0.0, 0.0

    def note(self, problem: str | None) -> None:
        """Note what is wrong with it now."""
        now = time.monotonic()
        if problem is None:
            self.was_well, self._stuck_since = True, 0.0
            self._well_since = self._well_since or now
            if now - self._well_since > _MENDED_AFTER:
                self._vain_starts = 0
            return
        self._well_since = 0.0
        self._stuck_since = (self._stuck_since or now) if isinstance(problem, Stuck) else 0.0

    def is_over(self) -> bool:
        """Return whether it has been stuck for too long."""
        limit = patience_with(self._vain_starts, was_well=self.was_well)
        return bool(self._stuck_since) and time.monotonic() - self._stuck_since > limit

    def give_up(self) -> None:
        """Note that it is ended, to be started anew."""
        self._stuck_since = 0.0
        self._vain_starts += 1
