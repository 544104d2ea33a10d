import pytest
from django.db import IntegrityError, connection, transaction

from shared_events import context
from shared_events.contracts import Event
from shared_events.ids import uuid7
from shared_events.models import LoggedEvent, OutgoingCommand
from shared_events.outbox import commands, log
from shared_events.testing import recorded_events
from shared_events.tests.notes.contracts import NoteErased, NoteWritten
from shared_events.transactions import TransactionRequired


class StrangerCame(Event):
    pass


@pytest.mark.django_db
class TestRecord:
    def test_refuses_to_run_outside_a_transaction_even_inside_a_test_case(self) -> None:
        with pytest.raises(TransactionRequired):
            log.record(NoteWritten(text="x"), aggregate_id=uuid7(), version=1)

    def test_refuses_an_event_of_another_service(self) -> None:
        with transaction.atomic(), pytest.raises(log.NotOurEvent, match=r"stranger\.came"):
            log.record(StrangerCame(), aggregate_id=uuid7(), version=1)

    def test_writes_one_unnumbered_row(self) -> None:
        note = uuid7()
        with transaction.atomic():
            log.record(NoteWritten(text="x"), aggregate_id=note, version=1)
        row = LoggedEvent.objects.get()
        assert (row.position, row.type, row.aggregate_id) == (None, "note.written", note)
        assert recorded_events() == [NoteWritten(text="x")]

    def test_refuses_a_version_that_is_taken(self) -> None:
        note = uuid7()
        with transaction.atomic():
            log.record(NoteWritten(text="x"), aggregate_id=note, version=1)
        with pytest.raises(IntegrityError), transaction.atomic():
            log.record(NoteErased(text="x"), aggregate_id=note, version=1)

    def test_leaves_nothing_when_the_transaction_rolls_back(self) -> None:
        with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012  all of it must vanish
            log.record(NoteWritten(text="x"), aggregate_id=uuid7(), version=1)
            commands.schedule("notes.tidy", {})
            raise ZeroDivisionError
        assert not LoggedEvent.objects.exists()
        assert not OutgoingCommand.objects.exists()

    def test_wakes_the_relay_once_per_transaction(self) -> None:
        with transaction.atomic():
            for _ in range(3):
                log.record(NoteWritten(text="x"), aggregate_id=uuid7(), version=1)
            assert [hook[1] for hook in connection.run_on_commit].count(log._notify) == 1


@pytest.mark.django_db
class TestRecordTogether:
    def test_writes_all_at_the_end_in_the_order_of_recording(self) -> None:
        notes = [uuid7() for _ in range(3)]
        with transaction.atomic(), log.batch_writes():
            for note in notes:
                with context.bound(context.Context(correlation_id=f"of {note}")):
                    log.record(NoteWritten(text="x"), aggregate_id=note, version=1)
            assert not LoggedEvent.objects.exists()
        rows = LoggedEvent.objects.order_by("id").values_list("aggregate_id", "correlation_id")
        assert list(rows) == [(note, f"of {note}") for note in notes]

    def test_leaves_the_writing_to_the_outermost_block(self) -> None:
        with transaction.atomic(), log.batch_writes():
            with log.batch_writes():
                log.record(NoteWritten(text="x"), aggregate_id=uuid7(), version=1)
            assert not LoggedEvent.objects.exists()
        assert LoggedEvent.objects.count() == 1

    def test_writes_nothing_when_the_block_raises_and_records_singly_after(self) -> None:
        with pytest.raises(ZeroDivisionError), transaction.atomic(), log.batch_writes():  # noqa: PT012
            log.record(NoteWritten(text="x"), aggregate_id=uuid7(), version=1)
            raise ZeroDivisionError
        with transaction.atomic():
            log.record(NoteWritten(text="y"), aggregate_id=uuid7(), version=1)
            assert recorded_events() == [NoteWritten(text="y")]

    def test_refuses_a_version_that_is_taken(self) -> None:
        note = uuid7()
        with pytest.raises(IntegrityError), transaction.atomic(), log.batch_writes():  # noqa: PT012
            log.record(NoteWritten(text="x"), aggregate_id=note, version=1)
            log.record(NoteErased(text="x"), aggregate_id=note, version=1)

    def test_returns_the_request_with_which_an_aggregate_began(self) -> None:
        note = uuid7()
        with transaction.atomic():
            for version, request in enumerate(("first", "second"), 1):
                with context.bound(context.Context(correlation_id=request)):
                    log.record(NoteWritten(text="x"), aggregate_id=note, version=version)
        began = log.origin_contexts([note, unknown := uuid7()])
        assert began[note] == context.Context(correlation_id="first")
        assert began[unknown].correlation_id not in {"first", "second", ""}


class TestSchedule:
    def test_refuses_to_run_outside_a_transaction(self) -> None:
        with pytest.raises(TransactionRequired):
            commands.schedule("notes.tidy", {})
