"""What a savepoint takes back is never published, however the handler's events come."""

from contextlib import suppress
from uuid import UUID

import pytest
from django.db import transaction

from shared_events.ids import uuid7
from shared_events.inbox import consumer, parking, redrive
from shared_events.inbox.consumer import Batch, receive
from shared_events.models import LoggedEvent, ParkedEvent
from shared_events.outbox import log
from shared_events.tests.conftest import Published
from shared_events.tests.notes import handlers
from shared_events.tests.notes.contracts import NoteErased, NoteWritten

pytestmark = pytest.mark.django_db(transaction=True)

ANSWER = UUID("01a20000-0000-7000-8000-000000000001")


class RolledBack(Exception):
    pass


def _answer_in_a_savepoint(text: str) -> None:
    """Try one thing, take it back, and record another, as a handler may."""
    if text != "question":
        return
    log.record(NoteWritten(text="begun"), aggregate_id=ANSWER, version=1)
    try:
        with transaction.atomic():
            log.record(NoteWritten(text="issued"), aggregate_id=ANSWER, version=2)
            with transaction.atomic():
                log.record(NoteWritten(text="issued twice"), aggregate_id=ANSWER, version=3)
            raise RolledBack
    except RolledBack:
        log.record(NoteErased(text="refused"), aggregate_id=ANSWER, version=2)
    assert [event.type for event in log.history(ANSWER)] == ["note.written", "note.erased"]


def _recorded() -> list[tuple[str, int]]:
    rows = LoggedEvent.objects.filter(aggregate_id=ANSWER).order_by("id")
    return [(row.data["text"], row.version) for row in rows]


@pytest.fixture
def batch(published: Published) -> Batch:
    [batch] = published("a", "question", "b")
    handlers.ON_WRITE.append(_answer_in_a_savepoint)
    return batch


class TestWhatASavepointTookBack:
    def test_is_not_published_by_a_batch(self, batch: Batch) -> None:
        receive(batch)
        assert _recorded() == [("begun", 1), ("refused", 2)]

    def test_is_not_published_event_by_event(self, batch: Batch) -> None:
        handlers.POISONED.add("b")
        receive(batch)
        assert ParkedEvent.objects.get().position == 3
        assert _recorded() == [("begun", 1), ("refused", 2)]

    def test_is_not_published_by_a_redrive(self, batch: Batch) -> None:
        handlers.POISONED.add("question")
        receive(batch)
        assert _recorded() == []
        handlers.POISONED.clear()
        parking.request_redrive(ParkedEvent.objects.all())
        assert redrive.retry_due() == 1
        assert _recorded() == [("begun", 1), ("refused", 2)]

    def test_is_not_published_by_a_block_of_ones_own(self) -> None:
        with transaction.atomic(), log.batch_writes():
            _answer_in_a_savepoint("question")
        assert _recorded() == [("begun", 1), ("refused", 2)]


class TestABlockThatFails:
    def test_leaves_nothing_for_the_next_one_in_the_transaction(self) -> None:
        with transaction.atomic():
            with suppress(RolledBack), log.batch_writes():
                log.record(NoteWritten(text="lost"), aggregate_id=ANSWER, version=1)
                raise RolledBack
            with log.batch_writes():
                log.record(NoteWritten(text="kept"), aggregate_id=ANSWER, version=1)
        assert _recorded() == [("kept", 1)]

    def test_wakes_no_relay_for_what_was_taken_back(self) -> None:
        with transaction.atomic():
            with suppress(RolledBack), transaction.atomic():
                log.record(NoteWritten(text="lost"), aggregate_id=uuid7(), version=1)
                raise RolledBack
            log.record(NoteWritten(text="kept"), aggregate_id=ANSWER, version=1)
        assert _recorded() == [("kept", 1)]
        assert LoggedEvent.objects.count() == 1


class TestAVersionThatIsTaken:
    def test_parks_the_event_alike_by_a_batch_and_by_a_redrive(self, published: Published) -> None:
        def record_twice(text: str) -> None:
            for _ in range(2):
                log.record(NoteWritten(text=text), aggregate_id=ANSWER, version=1)

        [batch] = published("twice")
        handlers.ON_WRITE.append(record_twice)
        assert receive(batch) is consumer.ApplyResult.UP_TO_DATE
        first = ParkedEvent.objects.get()
        assert "IntegrityError" in first.error
        parking.request_redrive([first])
        redrive.retry_due()
        assert ParkedEvent.objects.get().error == first.error
        assert _recorded() == []
