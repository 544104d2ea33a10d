"""Old events move out of the log, and its readers see no difference."""

from datetime import timedelta
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import IntegrityError
from django.utils import timezone

from shared_events.envelope import dump
from shared_events.ids import uuid7
from shared_events.models import ArchivedEvent, LoggedEvent
from shared_events.outbox import log
from shared_events.outbox.archive import archive
from shared_events.outbox.log_reader import envelopes_after
from shared_events.outbox.relay import Relay
from shared_events.tests.conftest import Write
from shared_events.tests.notes.contracts import NoteErased


@pytest.fixture
def note(relay: Relay, write: Write) -> UUID:
    """A note that was written and erased long ago, and two more recent ones."""
    note = write("old")
    write(of=note, version=2, event=NoteErased(text=""))
    LoggedEvent.objects.update(occurred_at=timezone.now() - timedelta(days=100))
    write("new")
    write("newer")
    relay.round()
    relay.mark_published()
    return note


def _archive() -> int:
    return archive("note", before=timezone.now() - timedelta(days=90))


def _pages() -> list[tuple[int | None, str]]:
    """What a subscriber with each possible cursor would be answered."""
    pages = [envelopes_after("note", after, 3) for after in range(5)]
    return [(at_cursor and at_cursor.position, dump(page)) for at_cursor, page in pages]


class TestArchiving:
    def test_moves_what_is_old_and_published(self, note: UUID) -> None:
        assert _archive() == 2
        assert list(ArchivedEvent.objects.values_list("position", flat=True)) == [1, 2]
        assert list(LoggedEvent.objects.order_by("id").values_list("position", flat=True)) == [3, 4]
        assert _archive() == 0

    def test_changes_nothing_for_a_late_service(self, note: UUID) -> None:
        before = _pages()
        _archive()
        assert _pages() == before

    def test_changes_nothing_in_an_aggregates_history(self, note: UUID) -> None:
        before = log.history(note)
        _archive()
        assert log.history(note) == before
        assert [event.version for event in before] == [1, 2]

    def test_leaves_what_the_broker_has_not_confirmed(self, relay: Relay, write: Write) -> None:
        write("old")
        write("old too")
        relay.round()
        LoggedEvent.objects.update(occurred_at=timezone.now() - timedelta(days=100))
        assert _archive() == 0

    def test_leaves_the_newest_event(self, relay: Relay, note: UUID, write: Write) -> None:
        LoggedEvent.objects.update(occurred_at=timezone.now() - timedelta(days=100))
        assert _archive() == 3
        write("next")
        relay.round()
        assert LoggedEvent.objects.latest("id").position == 5

    def test_says_what_it_did(self, note: UUID) -> None:
        said = StringIO()
        call_command("events", "archive", "--older-than=90", stdout=said)
        assert said.getvalue().startswith("note: archived 2 events from before ")


class TestAVersionThatWasArchived:
    def test_is_not_recorded_again(self, note: UUID, write: Write) -> None:
        _archive()
        with pytest.raises(IntegrityError, match=r"version 1 of note .* was recorded before and is archived"):
            write(of=note, version=1)

    def test_is_free_in_another_stream(self, note: UUID) -> None:
        _archive()
        LoggedEvent.objects.filter(stream="note").update(stream="letter")
        event = LoggedEvent.objects.earliest("id")
        event.pk, event.stream, event.position = None, "note", 99
        event.event_id = uuid7()
        event.save()
