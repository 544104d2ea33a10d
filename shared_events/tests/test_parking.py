import json
from datetime import timedelta

from django.utils import timezone

from shared_events.inbox import consumer, parking, redrive
from shared_events.inbox.consumer import ApplyResult, receive
from shared_events.models import Cursor, ParkedEvent
from shared_events.outbox.relay import Relay
from shared_events.tests.conftest import FakeBroker, Published, Write
from shared_events.tests.notes import handlers
from shared_events.tests.notes.contracts import NoteErased, NoteWritten
from shared_events.tests.notes.models import Note


def _texts() -> list[str]:
    return sorted(Note.objects.values_list("text", flat=True))


def _due_now() -> None:
    ParkedEvent.objects.filter(next_try_at__isnull=False).update(
        next_try_at=timezone.now() - timedelta(seconds=1)
    )


class TestAPoisonousEvent:
    def test_is_parked_and_affects_no_other_event(self, published: Published) -> None:
        handlers.POISONED.add("poison")
        [batch] = published("a", "poison", "b")
        consumer._proven.add("note")
        assert receive(batch) is ApplyResult.UP_TO_DATE
        assert _texts() == ["a", "b"]
        parked = ParkedEvent.objects.get()
        assert (parked.position, parked.tries) == (2, 1)
        assert "Poisoned: poison" in parked.error
        assert "copy_note" in parked.traceback

    def test_keeps_later_events_of_its_aggregate_behind_it(
        self, relay: Relay, broker: FakeBroker, write: Write
    ) -> None:
        handlers.POISONED.add("poison")
        note = write("poison")
        write("mended", of=note, version=2)
        relay.round()
        receive(broker.batches()[0])
        assert list(ParkedEvent.objects.order_by("position").values_list("tries", flat=True)) == [1, 0]
        assert _texts() == []
        handlers.POISONED.clear()
        _due_now()
        assert redrive.retry_due() == 2
        assert _texts() == ["mended"]
        assert Note.objects.get().version == 2
        assert not ParkedEvent.objects.exists()

    def test_blocks_its_aggregate_across_batches(
        self, relay: Relay, broker: FakeBroker, write: Write
    ) -> None:
        handlers.POISONED.add("poison")
        note = write("poison")
        relay.round()
        write(of=note, version=2, event=NoteErased(text=""))
        relay.round()
        for batch in broker.batches():
            receive(batch)
        assert ParkedEvent.objects.count() == 2
        assert Cursor.objects.get().position == 2

    def test_becomes_a_dead_letter_after_the_last_try_and_waits_for_a_person(
        self, published: Published
    ) -> None:
        handlers.POISONED.add("poison")
        [batch] = published("poison")
        receive(batch)
        _due_now()
        assert redrive.retry_due() == 0
        dead = ParkedEvent.objects.get()
        assert dead.dead_at is not None
        assert dead.next_try_at is None
        assert redrive.retry_due() == 0
        handlers.POISONED.clear()
        parking.request_redrive(ParkedEvent.objects.all())
        assert redrive.retry_due() == 1
        assert _texts() == ["poison"]

    def test_of_a_newer_schema_is_tried_again_by_newer_code(self, published: Published, monkeypatch) -> None:
        [batch] = published("a")
        newer = json.loads(batch.events[0].to_text()) | {"schema_version": 2}
        receive(consumer.batch_from_wire("note", json.dumps([newer]), None, 1))
        assert "NewerSchema" in ParkedEvent.objects.get().error
        monkeypatch.setattr(NoteWritten, "schema_version", 2)
        assert parking.retry_newer_schemas() == 1
        assert redrive.retry_due() == 1
        assert _texts() == ["a"]

    def test_of_an_unknown_type_is_ignored(self, published: Published) -> None:
        [batch] = published("a")
        unknown = json.loads(batch.events[0].to_text()) | {"type": "note.sung"}
        assert (
            receive(consumer.batch_from_wire("note", json.dumps([unknown]), None, 1))
            is ApplyResult.UP_TO_DATE
        )
        assert Cursor.objects.get().position == 1


class TestAnEventThatKillsItsWorker:
    def test_is_parked_unrun_once_three_processes_have_died_trying_it_by_itself(
        self, published: Published
    ) -> None:
        [batch] = published("a", "killer", "b")

        def die_of_the_killer(text: str) -> None:
            if text == "killer":
                raise SystemExit(137)

        handlers.ON_WRITE.append(die_of_the_killer)
        # The first one tried the whole batch, and doesn't know which event it died of.
        for _ in range(1 + 3):
            try:
                receive(batch)
                raise AssertionError("the killer should have ended the worker")
            except SystemExit:
                consumer._proven.clear()
                consumer._begun.clear()
        assert receive(batch) is ApplyResult.UP_TO_DATE
        assert _texts() == ["a", "b"]
        assert "worker ended" in ParkedEvent.objects.get().error

    def test_counts_once_per_process_however_often_the_database_fails(self, published: Published) -> None:
        [batch] = published("a")
        for _ in range(5):
            consumer._begin_attempt(batch.events[0])
        assert Cursor.objects.get().attempts == 1
