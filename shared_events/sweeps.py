"""Sweeps: the timers that guarantee what events, countdowns and webhooks only make fast.

They run in the relay process that holds the lease, on a thread and a database connection of their own, broker
or no broker; a spare relay runs none.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError, connection

from shared_events import heartbeat, metrics
from shared_events.errors import describe

logger = logging.getLogger(__name__)

Sweep = Callable[[], int]


@dataclass
class _Timer:
    sweep: Sweep
    seconds: float
    due: float = 0.0


_timers: list[_Timer] = []


def every(*, seconds: float) -> Callable[[Sweep], Sweep]:
    """Decorator: run the function every so many seconds; it returns how many rows it took care of.

    It may touch only this service's own database and schedule commands; it opens its own transactions.
    """

    def register(sweep: Sweep) -> Sweep:
        _timers.append(_Timer(sweep, seconds))
        return sweep

    return register


def registered() -> list[Sweep]:
    """Return the sweeps of this service."""
    return [timer.sweep for timer in _timers]


def run(stop: threading.Event, is_spare: Callable[[], bool]) -> None:
    """Run each sweep at its interval until `stop` is set, and none while `is_spare` says so.

    A sweep that fails is logged and tried again.
    """
    while not stop.wait(0.2):
        due = [timer for timer in _timers if time.monotonic() >= timer.due]
        if due and not _is_spare(is_spare):
            for timer in due:
                if not stop.is_set():
                    _run_one(timer)
        heartbeat.rest()
    connection.close()


def _is_spare(is_spare: Callable[[], bool]) -> bool:
    try:
        return is_spare()
    except (OperationalError, InterfaceError) as error:
        logger.warning("Can't see who holds the lease: %s", describe(error))
        connection.close()
        return True


def _run_one(timer: _Timer) -> None:
    name = f"{timer.sweep.__module__}.{timer.sweep.__name__}"
    heartbeat.beat()
    try:
        done = timer.sweep()
        if done:
            metrics.SWEEP_ROWS.labels(name).inc(done)
            logger.info("Sweep %s took care of %d", name, done)
    except Exception:
        metrics.SWEEP_FAILURES.labels(name).inc()
        logger.exception("Sweep %s failed", name)
        connection.close()
    timer.due = time.monotonic() + timer.seconds
