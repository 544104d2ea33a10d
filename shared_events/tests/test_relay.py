import time
from datetime import timedelta

import psycopg
import pytest
from django.db import transaction
from django.utils import timezone

from shared_events.ids import uuid7
from shared_events.models import LoggedEvent, OutgoingCommand, PublishedStream, RelayLease
from shared_events.outbox import commands, sequencer
from shared_events.outbox.lease import LeaseLost
from shared_events.outbox.relay import Relay
from shared_events.outbox.sequencer import LowWaterMark, assign_positions
from shared_events.status import read_status
from shared_events.tests.conftest import FakeBroker, Write, insert_note


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

    def test_leaves_no_gap_for_a_transaction_that_commits_late(
        self, relay: Relay, write: Write, late: psycopg.Connection
    ) -> None:
        insert_note(late)
        write()
        relay.round()
        assert _positions() == [1]
        late.commit()
        relay.round()
        assert _positions() == [2, 1]

    def test_counts_each_stream_by_itself(
        self, relay: Relay, broker: FakeBroker, late: psycopg.Connection
    ) -> None:
        for stream in ("note", "letter", "note", "letter", "note"):
            insert_note(late, stream=stream)
        late.commit()
        relay.round()
        assert _positions() == [1, 1, 2, 2, 3]
        assert [batch.stream for batch in broker.batches()] == ["note"]

    def test_stops_when_another_relay_has_taken_over(
        self, relay: Relay, write: Write, broker: FakeBroker
    ) -> None:
        write()
        RelayLease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        other = Relay(holder=uuid7(), publisher=broker)  # type: ignore[arg-type]
        assert other.lease.hold()
        with pytest.raises(LeaseLost):
            relay.round()
        assert broker.sent == []
        other.round()
        assert _positions() == [1]

    def test_a_spare_relay_waits_while_the_lease_lives(self, relay: Relay, broker: FakeBroker) -> None:
        spare = Relay(holder=uuid7(), publisher=broker)  # type: ignore[arg-type]
        assert not spare.lease.hold()
        relay.lease.release()
        assert spare.lease.hold()


class TestTheFloor:
    """Rows done long ago are not walked over again, and none that commits late is missed."""

    @pytest.fixture(autouse=True)
    def _at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sequencer, "ADVANCE_EVERY", 0.0)

    @pytest.mark.timeout(300)
    def test_rises_above_what_is_done(self, relay: Relay, write: Write) -> None:
        # Transactions of other databases on the server count too, such as those of suites that run beside
        # this one: none that ran before may still run.
        deadline = time.monotonic() + 240
        while not relay._low_water_mark.id and time.monotonic() < deadline:
            write()
            relay.round()
        assert relay._low_water_mark.id >= LoggedEvent.objects.order_by("id")[0].id

    def test_waits_for_a_transaction_that_may_commit_a_lower_row(
        self, relay: Relay, write: Write, late: psycopg.Connection
    ) -> None:
        insert_note(late)
        for _ in range(4):
            write()
            relay.round()
        assert relay._low_water_mark.id == 0
        late.commit()
        relay.round()
        assert None not in _positions()

    def test_is_looked_under_now_and_then(
        self, relay: Relay, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sequencer, "LOOK_EVERYWHERE_EVERY", 0.0)
        low_water_mark = LowWaterMark(id=10**9)
        write()
        fence = relay.lease.fence
        assert assign_positions(above=10**9, commands_above=0, fence=fence).count == 0
        assert assign_positions(above=low_water_mark.lower_bound(), commands_above=0, fence=fence).count == 1


class TestPublishing:
    def test_sends_batches_that_name_the_event_before_them(
        self, relay: Relay, broker: FakeBroker, write: Write
    ) -> None:
        for _ in range(5):
            write()
        relay.round()
        first, second = broker.batches()
        assert [len(first.events), len(second.events)] == [3, 2]
        assert first.previous_id is None
        assert second.previous_id == first.events[-1].id
        assert (first.head, second.head) == (3, 5)
        relay.mark_published()
        assert read_status().unpublished_events == 0

    def test_keeps_everything_while_the_broker_is_away(
        self, relay: Relay, broker: FakeBroker, write: Write
    ) -> None:
        broker.broken = True
        write()
        with pytest.raises(ConnectionError):
            relay.round()
        assert read_status().unpublished_events == 1
        broker.broken = False
        assert relay.round() == 1
        relay.mark_published()
        assert read_status().unpublished_events == 0

    def test_sends_what_was_left_before_what_is_new(
        self, relay: Relay, broker: FakeBroker, write: Write
    ) -> None:
        write()
        relay.round()
        broker.broken = True
        for _ in range(4):
            write()
        with pytest.raises(ConnectionError):
            relay.round()
        broker.broken = False
        write()
        relay.round()
        sent = broker.batches()
        assert [[event.position for event in batch.events] for batch in sent] == [[1], [2, 3, 4], [5], [6]]
        assert [batch.previous_id for batch in sent] == [None, *(batch.events[-1].id for batch in sent[:-1])]

    def test_repeats_a_batch_whose_confirmation_was_lost(
        self, relay: Relay, broker: FakeBroker, write: Write
    ) -> None:
        write()
        relay.round()
        relay.lease.release()
        after_a_crash = Relay(holder=uuid7(), publisher=broker)  # type: ignore[arg-type]
        assert after_a_crash.lease.hold()
        after_a_crash.round()
        once, twice = broker.batches()
        assert once == twice

    def test_a_late_relay_marks_nothing(self, relay: Relay, write: Write) -> None:
        write()
        relay.round()
        RelayLease.objects.update(fence=99)
        relay.mark_published()
        assert PublishedStream.objects.get().published == 0

    def test_has_nothing_to_do_when_all_is_sent(self, relay: Relay, write: Write) -> None:
        assert relay.round() == 0
        write()
        assert relay.round() == 1
        assert relay.round() == 0


class TestCommands:
    def test_are_sent_and_forgotten(self, relay: Relay, broker: FakeBroker) -> None:
        due = timezone.now() + timedelta(minutes=15)
        with transaction.atomic():
            commands.schedule("notes.tidy", {"x": 1}, at=due)
        relay.round()
        assert broker.commands == [("notes.tidy", due.replace(microsecond=0) + timedelta(seconds=1))]
        assert not OutgoingCommand.objects.exists()

    def test_that_are_alike_and_due_at_the_same_second_are_sent_once(
        self, relay: Relay, broker: FakeBroker
    ) -> None:
        due = timezone.now().replace(microsecond=0) + timedelta(minutes=15)
        for kwargs, at in (
            ({}, due - timedelta(milliseconds=1)),
            ({}, due - timedelta(milliseconds=999)),
            ({"x": 1}, due),
            ({}, due),
            ({}, due + timedelta(milliseconds=1)),
        ):
            with transaction.atomic():
                commands.schedule("notes.tidy", kwargs, at=at)
            relay.round()
        assert broker.commands == [
            *(("notes.tidy", due),) * 2,
            ("notes.tidy", due + timedelta(seconds=1)),
        ]
        assert not OutgoingCommand.objects.exists()

    def test_that_are_alike_are_each_sent_without_a_time_or_when_it_is_over(
        self, relay: Relay, broker: FakeBroker
    ) -> None:
        over = timezone.now() - timedelta(seconds=5)
        with transaction.atomic():
            for at in (None, None, over, over):
                commands.schedule("notes.tidy", {}, at=at)
        relay.round()
        assert len(broker.commands) == 4

    def test_that_the_broker_refused_are_not_taken_for_sent(self, relay: Relay, broker: FakeBroker) -> None:
        at = timezone.now() + timedelta(minutes=15)
        with transaction.atomic():
            for _ in range(2):
                commands.schedule("notes.tidy", {}, at=at)
        broker.broken = True
        with pytest.raises(ConnectionError):
            relay.round()
        broker.broken = False
        relay.round()
        assert len(broker.commands) == 1

    def test_wait_for_the_broker(self, relay: Relay, broker: FakeBroker) -> None:
        with transaction.atomic():
            commands.schedule("notes.tidy", {})
        broker.broken = True
        with pytest.raises(ConnectionError):
            relay.round()
        assert OutgoingCommand.objects.count() == 1
