import threading
import time
from datetime import timedelta

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone

from shared_events import commands, log
from shared_events.ids import uuid7
from shared_events.models import LoggedEvent, OutgoingCommand, PublishedStream, RelayLease
from shared_events.relay import LeaseLost, Relay, has_work, unpublished
from shared_events.tests.conftest import Road, Write
from shared_events.tests.notes.contracts import NoteWritten


def _positions() -> list[int | None]:
    return list(LoggedEvent.objects.order_by("id").values_list("position", flat=True))


class TestNumbering:
    def test_gives_consecutive_positions_in_row_order(self, relay: Relay, write: Write) -> None:
        for _ in range(4):
            write()
        relay.round()
        write()
        relay.round()
        assert _positions() == [1, 2, 3, 4, 5]

    def test_leaves_no_gap_for_a_transaction_that_commits_late(self, relay: Relay, write: Write) -> None:
        parameters = connection.get_connection_params()
        parameters.pop("cursor_factory", None)
        parameters.pop("context", None)
        with psycopg.connect(**parameters) as late:
            late.execute(
                "INSERT INTO shared_events_loggedevent (stream, event_id, type, schema_version, aggregate_id,"
                " version, occurred_at, correlation_id, traceparent, data)"
                " VALUES ('note', gen_random_uuid(), 'note.erased', 1, gen_random_uuid(), 1,"
                " now(), '', '', '{\"text\": \"\"}')"
            )
            write()
            relay.round()
            assert _positions() == [1]
            late.commit()
        relay.round()
        assert _positions() == [2, 1]

    def test_stops_when_another_relay_has_taken_over(self, relay: Relay, write: Write, road: Road) -> None:
        write()
        RelayLease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        other = Relay(holder=uuid7(), publisher=road)  # type: ignore[arg-type]
        assert other.lease.hold()
        with pytest.raises(LeaseLost):
            relay.round()
        assert road.sent == []
        other.round()
        assert _positions() == [1]

    def test_a_spare_relay_waits_while_the_lease_lives(self, relay: Relay, road: Road) -> None:
        spare = Relay(holder=uuid7(), publisher=road)  # type: ignore[arg-type]
        assert not spare.lease.hold()
        relay.lease.release()
        assert spare.lease.hold()


class TestPublishing:
    def test_sends_batches_that_name_the_event_before_them(
        self, relay: Relay, road: Road, write: Write
    ) -> None:
        for _ in range(5):
            write()
        relay.round()
        first, second = road.batches()
        assert [len(first.events), len(second.events)] == [3, 2]
        assert first.previous_id is None
        assert second.previous_id == first.events[-1].id
        assert (first.head, second.head) == (3, 5)
        assert unpublished() == 0

    def test_keeps_everything_while_the_broker_is_away(self, relay: Relay, road: Road, write: Write) -> None:
        road.broken = True
        write()
        with pytest.raises(ConnectionError):
            relay.round()
        assert unpublished() == 1
        road.broken = False
        assert relay.round() == 1
        assert unpublished() == 0

    def test_repeats_a_batch_whose_confirmation_was_lost(
        self, relay: Relay, road: Road, write: Write
    ) -> None:
        write()
        relay.round()
        PublishedStream.objects.update(published=0)
        relay.round()
        once, twice = road.batches()
        assert once == twice

    def test_a_late_relay_marks_nothing(self, relay: Relay, write: Write) -> None:
        write()
        relay.round()
        PublishedStream.objects.update(published=0)
        RelayLease.objects.update(fence=99)
        relay._mark("note", 1)
        assert PublishedStream.objects.get().published == 0

    def test_has_no_work_when_all_is_sent(self, relay: Relay, write: Write) -> None:
        assert not has_work()
        write()
        assert has_work()
        relay.round()
        assert not has_work()


class TestCommands:
    def test_are_sent_and_forgotten(self, relay: Relay, road: Road) -> None:
        due = timezone.now() + timedelta(minutes=15)
        with transaction.atomic():
            commands.schedule("notes.tidy", {"x": 1}, at=due)
        relay.round()
        assert road.commands == [("notes.tidy", due)]
        assert not OutgoingCommand.objects.exists()

    def test_wait_for_the_broker(self, relay: Relay, road: Road) -> None:
        with transaction.atomic():
            commands.schedule("notes.tidy", {})
        road.broken = True
        with pytest.raises(ConnectionError):
            relay.round()
        assert OutgoingCommand.objects.count() == 1


class TestRun:
    def test_publishes_what_commits_and_outlives_failures(
        self, relay: Relay, road: Road, write: Write
    ) -> None:
        stop = threading.Event()
        road.broken = True
        relay.lease.release()

        def run() -> None:
            try:
                relay.run(stop)
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        try:
            with transaction.atomic():
                log.record(NoteWritten(text="x"), aggregate_id=uuid7(), version=1)
            road.broken = False
            deadline = time.monotonic() + 20
            while unpublished() and time.monotonic() < deadline:
                threading.Event().wait(0.05)
            assert unpublished() == 0
        finally:
            stop.set()
            thread.join(timeout=20)
        assert RelayLease.objects.get().holder is None
