"""A limit to how long a handler may run: one that hangs must not hold up its service for ever."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


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
