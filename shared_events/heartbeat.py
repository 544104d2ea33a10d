"""A file whose age shows whether a worker or a relay still works. Liveness probes read nothing else.

A probe that used the broker or the database would fail with them; restarting this process mends neither.
"""

import threading
import time
from contextlib import suppress
from pathlib import Path

from celery.signals import task_postrun, task_prerun

#: Seconds between two touches of the file.
EVERY = 5.0
#: Seconds that one event, one command, one sweep or one round of a relay may take before the beat stops. Far
#: above the database's and the commands' own time limits: what these end is none of the probe's business.
LONGEST = 300.0

#: Since when each thread is at the work that it has in hand; a thread at rest isn't there.
_busy_since: dict[int, float] = {}


def start(path: Path, *, every: float = EVERY, longest: float = LONGEST) -> None:
    """Touch the file now, and then from a thread for as long as no other thread is stuck."""
    path.touch()
    task_prerun.connect(_begin, weak=False)
    task_postrun.connect(_finish, weak=False)
    threading.Thread(target=_beat, args=(path, every, longest), name="heartbeat", daemon=True).start()


def beat() -> None:
    """Say that this thread's work gets on, or waits for something that is away on purpose."""
    _busy_since[threading.get_ident()] = time.monotonic()


def rest() -> None:
    """Say that this thread has nothing in hand: it may be silent for as long as it likes."""
    _busy_since.pop(threading.get_ident(), None)


def is_stuck(longest: float) -> bool:
    """Return whether a thread's work has shown no life for that many seconds."""
    now = time.monotonic()
    return any(now - since > longest for since in list(_busy_since.values()))


def _beat(path: Path, every: float, longest: float) -> None:
    while True:
        time.sleep(every)
        if not is_stuck(longest):
            # A disk that takes nothing must not end the beat for good.
            with suppress(OSError):
                path.touch()


def _begin(**_: object) -> None:
    beat()


def _finish(**_: object) -> None:
    rest()
