"""The relay's loop: when it works, and when it stops."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from shared_events.ids import uuid7
from shared_events.models import RelayLease
from shared_events.outbox import log
from shared_events.outbox.relay import Relay
from shared_events.status import read_status
from shared_events.tests.conftest import FakeBroker, Write, connect_apart, insert_note
from shared_events.tests.notes.contracts import NoteWritten
from shared_events.transport.publisher import DELIVER


@pytest.fixture
def running(relay: Relay) -> Iterator[Callable[[], None]]:
    """Have what this returns let the relay run in a thread until the test is over."""
    stop = threading.Event()

    def run() -> None:
        try:
            relay.run(stop)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    relay.lease.release()
    yield thread.start
    stop.set()
    with connect_apart() as waker:
        waker.execute(f"NOTIFY {log.WAKE_CHANNEL}")
    thread.join(timeout=60)
    assert not thread.is_alive()


class TestRun:
    def test_publishes_what_commits_and_outlives_failures(
        self, relay: Relay, broker: FakeBroker, running: Callable[[], None]
    ) -> None:
        broker.broken = True
        running()
        with transaction.atomic():
            log.record(NoteWritten(text="x"), aggregate_id=uuid7(), version=1)
        broker.broken = False
        wait_until(lambda: not read_status().unpublished_events)

    def test_lets_a_spare_take_over_at_once_when_it_stops(self, relay: Relay) -> None:
        relay.run(stopped())
        assert RelayLease.objects.get().holder is None

    def test_sleeps_through_no_commit_that_came_while_it_published(
        self,
        relay: Relay,
        broker: FakeBroker,
        write: Write,
        late: psycopg.Connection,
        running: Callable[[], None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        relay.settings = replace(relay.settings, poll_every=20.0)

        def publish_while_another_commits(task: str, kwargs: dict[str, Any], **options: Any) -> None:
            if task == DELIVER and not broker.batches():
                insert_note(late)
                late.commit()
                late.execute(f"NOTIFY {log.WAKE_CHANNEL}")
                late.commit()
            FakeBroker.publish(broker, task, kwargs, **options)

        monkeypatch.setattr(broker, "publish", publish_while_another_commits)
        write()
        running()
        wait_until(lambda: len(broker.batches()) == 2, within=10)


def stopped() -> threading.Event:
    stop = threading.Event()
    stop.set()
    return stop


def wait_until(condition: Callable[[], bool], *, within: float = 20.0) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
