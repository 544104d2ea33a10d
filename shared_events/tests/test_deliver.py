import threading
from dataclasses import replace
from typing import Any

import pytest
from django.db import OperationalError, connection

from shared_events.envelope import dump
from shared_events.ids import uuid7
from shared_events.inbox import consumer
from shared_events.inbox.consumer import ApplyResult, Batch, apply_batch, receive
from shared_events.models import Cursor, ParkedEvent
from shared_events.tests.conftest import Published
from shared_events.tests.notes import handlers
from shared_events.tests.notes.contracts import NoteCounted
from shared_events.tests.notes.models import Note


def _applied() -> list[tuple[str, int]]:
    return sorted(Note.objects.values_list("text", "applied"))


class TestExactlyOnce:
    def test_applies_a_batch_and_moves_the_cursor(self, published: Published) -> None:
        [batch] = published("a", "b")
        assert receive(batch) is ApplyResult.UP_TO_DATE
        assert _applied() == [("a", 1), ("b", 1)]
        cursor = Cursor.objects.get()
        assert (cursor.position, cursor.last_id, cursor.head) == (2, batch.events[-1].id, 2)

    def test_a_repeated_batch_changes_nothing(self, published: Published) -> None:
        [batch] = published("a", "b")
        receive(batch)
        receive(batch)
        apply_batch(batch)
        assert _applied() == [("a", 1), ("b", 1)]

    def test_an_overlapping_batch_applies_only_what_is_new(self, published: Published) -> None:
        [first], [second] = published("a", "b"), published("c")
        receive(first)
        overlapping = replace(first, events=[*first.events, *second.events], head=3)
        assert receive(overlapping) is ApplyResult.UP_TO_DATE
        assert _applied() == [("a", 1), ("b", 1), ("c", 1)]

    def test_a_batch_past_a_gap_is_not_applied(self, published: Published) -> None:
        published("a")
        [second] = published("b")
        assert receive(second) is ApplyResult.GAP
        assert _applied() == []
        assert Cursor.objects.get().position == 0

    def test_a_push_does_not_ask_for_what_is_on_its_way(self, published: Published) -> None:
        [first, _] = published("a", "b", "c", "d")
        assert receive(first) is ApplyResult.UP_TO_DATE

    def test_an_answer_says_that_more_is_to_come(self, published: Published) -> None:
        [first, _] = published("a", "b", "c", "d")
        assert receive(replace(first, head=4)) is ApplyResult.MORE_TO_COME

    def test_nothing_moves_when_a_handler_fails(self, published: Published) -> None:
        [batch] = published("a", "poison")
        handlers.POISONED.add("poison")
        with pytest.raises(handlers.Poisoned):
            apply_batch(batch)
        assert _applied() == []
        assert Cursor.objects.filter(position__gt=0).count() == 0

    def test_two_workers_with_the_same_batch_apply_it_once(self, published: Published) -> None:
        [batch] = published("a", "b", "c")

        def work() -> None:
            try:
                receive(batch)
            finally:
                connection.close()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert _applied() == [("a", 1), ("b", 1), ("c", 1)]

    def test_hands_consecutive_events_to_a_batch_handler_as_a_list(
        self, published: Published, write, relay, broker
    ) -> None:
        for _ in range(3):
            write(event=NoteCounted(text="x"))
        relay.round()
        consumer._proven.add("note")
        receive(broker.batches()[0])
        assert handlers.BATCHES == [3]


class TestAnotherLog:
    def test_a_wrong_previous_id_halts_the_stream(self, published: Published) -> None:
        [first], [second] = published("a"), published("b")
        receive(first)
        assert receive(replace(second, previous_id=uuid7())) is ApplyResult.HALTED
        assert _applied() == [("a", 1)]
        assert "another event" in Cursor.objects.get().halt_reason
        assert receive(second) is ApplyResult.HALTED

    def test_another_event_at_the_cursor_halts_the_stream(self, published: Published) -> None:
        [first] = published("a")
        receive(first)
        import msgspec

        forged = msgspec.structs.replace(first.events[0], id=uuid7())
        assert receive(replace(first, events=[forged])) is ApplyResult.HALTED

    def test_a_shorter_log_halts_the_stream(self, published: Published) -> None:
        [first] = published("a", "b")
        receive(first)
        assert receive(Batch(stream="note", events=[], previous_id=None, head=1)) is ApplyResult.HALTED


class TestBatchFromWire:
    def test_refuses_positions_with_a_hole(self, published: Published) -> None:
        [batch] = published("a", "b", "c")
        with pytest.raises(ValueError, match="consecutive"):
            consumer.batch_from_wire("note", dump([batch.events[0], batch.events[2]]), None, 3)

    def test_refuses_an_envelope_of_another_stream(self, published: Published) -> None:
        [batch] = published("a")
        with pytest.raises(ValueError, match="stream other"):
            consumer.batch_from_wire("other", dump(batch.events), None, 1)

    @pytest.mark.parametrize("events", ['[{"stream": "note"}]', "nonsense", "", [], None])
    def test_refuses_what_is_not_a_text_of_envelopes(self, events: Any) -> None:
        with pytest.raises((ValueError, TypeError)):
            consumer.batch_from_wire("note", events, None, 1)


class TestDatabaseTrouble:
    def test_waits_with_the_batch_in_hand(self, published: Published) -> None:
        [batch] = published("a")
        failures = iter([True, True, False])

        def fail_twice(text: str) -> None:
            if next(failures):
                raise OperationalError("server closed the connection unexpectedly")

        handlers.ON_WRITE.append(fail_twice)
        assert receive(batch) is ApplyResult.UP_TO_DATE
        assert _applied() == [("a", 1)]
        assert not ParkedEvent.objects.exists()

    def test_a_statement_that_was_cancelled_is_the_events_fault(self, published: Published) -> None:
        [batch] = published("a")

        def too_slow(text: str) -> None:
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = '10ms'")
                cursor.execute("SELECT pg_sleep(5)")

        handlers.ON_WRITE.append(too_slow)
        receive(batch)
        assert ParkedEvent.objects.get().tries == 1
        assert Cursor.objects.get().position == 1

    def test_a_transaction_that_timed_out_is_the_events_fault(self, published: Published) -> None:
        [batch] = published("a", "b")

        def frozen(text: str) -> None:
            if not ParkedEvent.objects.exists():
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL transaction_timeout = '50ms'")
                    cursor.execute("SELECT pg_sleep(5)")

        handlers.ON_WRITE.append(frozen)
        receive(batch)
        assert _applied() == [("b", 1)]
        assert ParkedEvent.objects.get().position == 1
