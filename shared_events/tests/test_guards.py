"""Each guard of the event backbone removed: the error that it prevents must occur."""

import dataclasses
from contextlib import nullcontext, suppress
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from shared_events import catch_up, errors, tasks
from shared_events.envelope import dump
from shared_events.ids import uuid7
from shared_events.inbox import consumer, parking, redrive
from shared_events.inbox.consumer import ApplyResult, Batch, receive
from shared_events.models import Cursor, LoggedEvent, ParkedEvent, RelayLease
from shared_events.outbox import log, sequencer
from shared_events.outbox import relay as relay_module
from shared_events.outbox.lease import LeaseLost
from shared_events.outbox.relay import Relay
from shared_events.tests.conftest import FakeBroker, Published, Write, connect_apart
from shared_events.tests.notes import handlers
from shared_events.tests.notes.contracts import NoteWritten
from shared_events.tests.notes.models import Note

pytestmark = pytest.mark.django_db(transaction=True)


def _applied() -> dict[str, int]:
    return dict(Note.objects.values_list("text", "applied"))


class TestWithoutTheCursorCheck:
    def test_a_repeated_batch_takes_effect_twice(
        self, published: Published, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        [batch] = published("a")
        receive(batch)
        assert receive(batch) is ApplyResult.UP_TO_DATE
        assert _applied() == {"a": 1}
        monkeypatch.setattr(consumer, "_fresh", lambda cursor, batch: (batch.events, ApplyResult.UP_TO_DATE))
        receive(batch)
        assert _applied() == {"a": 2}


class TestWithoutTheGapCheck:
    def test_a_missing_event_is_lost_for_good(
        self, published: Published, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        [batch] = published("a", "b", "c")
        late = batch.after(2)
        assert receive(late) is ApplyResult.GAP

        def only_what_is_known(cursor: Cursor, batch: Batch) -> tuple[list[Any], ApplyResult]:
            return batch.after(cursor.position).events, ApplyResult.UP_TO_DATE

        monkeypatch.setattr(consumer, "_fresh", only_what_is_known)
        receive(late)
        receive(batch)
        assert _applied() == {"c": 1}


class TestWithoutThePreviousIdCheck:
    def test_another_log_is_followed_as_if_it_were_the_old_one(
        self, published: Published, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        [batch] = published("a", "b")
        receive(Batch(stream="note", events=batch.events[:1], previous_id=None, head=1))
        other = Batch(stream="note", events=batch.events[1:], previous_id=uuid7(), head=2)
        assert receive(other) is ApplyResult.HALTED
        Cursor.objects.update(halted_at=None)
        monkeypatch.setattr(consumer, "_log_mismatch", lambda cursor, batch, rest: "")
        assert receive(other) is ApplyResult.UP_TO_DATE
        assert _applied() == {"a": 1, "b": 1}


class TestWithoutTheTransactionAroundTheEffects:
    def test_half_of_a_failed_batch_stays_and_is_applied_again(
        self, published: Published, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        handlers.POISONED.add("poison")
        [batch] = published("a", "poison")
        with pytest.raises(handlers.Poisoned):
            consumer.apply_batch(batch)
        assert _applied() == {}
        monkeypatch.setattr(
            consumer, "lock_cursor", lambda stream: Cursor.objects.get_or_create(stream=stream)[0]
        )
        monkeypatch.setattr(consumer, "transaction", SimpleNamespace(atomic=nullcontext))
        for _ in range(2):
            with pytest.raises(handlers.Poisoned):
                consumer.apply_batch(batch)
        assert _applied() == {"a": 2}


class TestWithoutTheFence:
    def test_a_relay_that_was_replaced_goes_on_numbering(
        self, relay: Relay, broker: FakeBroker, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write("a")
        RelayLease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert Relay(holder=uuid7(), publisher=broker).lease.hold()  # type: ignore[arg-type]
        with pytest.raises(LeaseLost):
            relay.round()
        assert LoggedEvent.objects.get().position is None
        unfenced = sequencer._ASSIGN_POSITIONS.replace("fence = %(fence)s", "fence >= %(fence)s")
        monkeypatch.setattr(sequencer, "_ASSIGN_POSITIONS", unfenced)
        relay.round()
        assert LoggedEvent.objects.get().position == 1


class TestWithoutTheStreamKeyCheck:
    def test_a_forged_message_takes_effect(
        self, published: Published, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        [batch] = published("a")
        message: dict[str, Any] = {
            "stream": "note",
            "events": dump(batch.events),
            "previous_id": None,
            "head": 1,
        }
        tasks.deliver.apply(kwargs=message, routing_key="letter")
        assert _applied() == {}
        monkeypatch.setattr(tasks, "_is_own_stream", lambda task, stream: True)
        tasks.deliver.apply(kwargs=message, routing_key="letter")
        assert _applied() == {"a": 1}


class TestWithoutForgettingWhatASavepointTookBack:
    def test_an_event_without_its_row_is_published(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def record_and_take_back() -> list[str]:
            LoggedEvent.objects.all().delete()
            with transaction.atomic(), log.batch_writes(), suppress(handlers.Poisoned), transaction.atomic():
                log.record(NoteWritten(text="taken back"), aggregate_id=uuid7(), version=1)
                raise handlers.Poisoned
            return [event.data["text"] for event in LoggedEvent.objects.all()]

        assert record_and_take_back() == []
        gathered: list[LoggedEvent] = []
        monkeypatch.setattr(log, "_PendingRow", lambda row, block: gathered.append(row) or (lambda: None))
        monkeypatch.setattr(log, "_pending_rows", lambda block: gathered)
        assert record_and_take_back() == ["taken back"]


class TestWithoutSkippingALockedCursor:
    def test_the_relay_waits_for_the_handler(
        self, broker: FakeBroker, published: Published, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        [batch] = published("a")
        receive(batch)
        with connect_apart() as handler, connection.cursor() as cursor:
            handler.execute("SELECT FROM shared_events_cursor FOR UPDATE")
            cursor.execute("SET lock_timeout = '100ms'")
            assert not catch_up.request("note", broker)  # type: ignore[arg-type]
            monkeypatch.setattr(catch_up, "_unlocked", lambda rows: rows.select_for_update())
            with pytest.raises(OperationalError, match="lock timeout"):
                catch_up.request("note", broker)  # type: ignore[arg-type]


class TestWithoutCommittingAnAttempt:
    def test_an_event_that_kills_its_worker_does_so_for_ever(
        self, published: Published, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def die(text: str) -> None:
            raise SystemExit(137)

        def deaths() -> int:
            """Count the processes that die of it, of six."""
            parking.request_redrive(ParkedEvent.objects.all())
            died = 0
            for _ in range(6):
                redrive._begun.clear()
                try:
                    redrive.retry_due()
                except SystemExit:
                    died += 1
            return died

        handlers.POISONED.add("killer")
        receive(published("killer")[0])
        handlers.ON_WRITE.append(die)
        assert deaths() == 3
        monkeypatch.setattr(redrive, "_count_attempt", lambda row: None)
        assert deaths() == 6


class TestWithoutCuttingByBytes:
    def test_a_message_grows_past_what_a_broker_takes(
        self, relay: Relay, broker: FakeBroker, write: Write, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        settings.EVENTS = relay.settings = dataclasses.replace(settings.EVENTS, batch_bytes=1_000)

        def largest() -> int:
            broker.sent.clear()
            for _ in range(3):
                write("x" * 800)
            while relay._more_waits or not broker.sent:
                relay.round()
            return max(len(message["events"]) for message in broker.sent)

        assert largest() < 1_500
        monkeypatch.setattr(relay_module, "cut", lambda envelopes, **_: [envelopes])
        assert largest() > 1_500


class TestWithoutCleaningAnError:
    def test_its_event_cannot_be_parked(self, published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(text: str) -> None:
            raise ValueError("be\0fore")

        handlers.ON_WRITE.append(fail)
        first, second = published("a"), published("b")
        assert receive(first[0]) is ApplyResult.UP_TO_DATE
        monkeypatch.setattr(errors, "storable", lambda text: text)
        assert receive(second[0]) is ApplyResult.HALTED
