"""One transaction that holds a row, and a request that has to wait for it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction


@contextmanager
def meanwhile(ask: Callable[[], Any]) -> Iterator[list[Any]]:
    """Run the block in a transaction that commits once `ask`, on a thread of its own, waits for its locks.

    Gives the list that then has the answer of `ask`. Fails where it doesn't wait: the lock is not there.
    """
    answers: list[Any] = []

    def run() -> None:
        try:
            answers.append(ask())
        finally:
            connection.close()

    asking = threading.Thread(target=run)
    try:
        with transaction.atomic():
            yield answers
            asking.start()
            _until_somebody_waits_for_us(asking)
    finally:
        if asking.ident:
            asking.join()


def _until_somebody_waits_for_us(asking: threading.Thread) -> None:
    # Not by pg_stat_activity, which stands still within a transaction.
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    )
    while asking.is_alive():
        with connection.cursor() as cursor:
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError("it didn't wait for our locks")
