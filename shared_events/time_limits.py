"""Limits to how long work may take: what hangs must not hold up its service for ever."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

#: What keeps a frozen events worker from holding its cursor for ever.
EVENT_TIMEOUTS = """
    SET lock_timeout = '10s';
    SET idle_in_transaction_session_timeout = '60s';
    SET transaction_timeout = '120s'
"""

#: A command that takes longer, in seconds, is ended with its process; a sweep finds what it left. So a worker
#: that is stopped, and finishes the command that it runs, has ended after this time at the latest.
COMMAND_SECONDS = 60


class HandlerTimedOut(Exception):
    """The handler took longer than `event_seconds` allows."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise HandlerTimedOut in the block once it has run so long.

    An events worker runs its handlers in its main thread, the only one that a signal reaches. Elsewhere (a
    test's thread) nothing is limited.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def give_up(signal_number: int, frame: FrameType | None) -> None:
        raise HandlerTimedOut(f"it took longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
