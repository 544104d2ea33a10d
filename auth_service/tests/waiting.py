"""Run a transaction that locks a row, and a concurrent request that has to wait for it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction


@contextmanager
def meanwhile(request: Callable[[], Any]) -> Iterator[list[Any]]:
    """Run the block in a transaction that commits once `request`, on another thread, waits for its locks.

    Yields the list that then has the result of `request`. Fails where it doesn't wait: the lock is missing.
    """
    answers: list[Any] = []

    def run() -> None:
        try:
            answers.append(request())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    try:
        with transaction.atomic():
            yield answers
            thread.start()
            _wait_until_blocked(thread)
    finally:
        if thread.ident:
            thread.join()


def _wait_until_blocked(thread: threading.Thread) -> None:
    # Not by pg_stat_activity, which is a snapshot within a transaction.
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    )
    while thread.is_alive():
        with connection.cursor() as cursor:
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError("it didn't wait for our locks")
