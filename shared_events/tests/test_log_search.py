"""What the log has about an id, wherever the id stands."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from shared_events import context
from shared_events.ids import uuid7
from shared_events.models import ArchivedEvent, LoggedEvent
from shared_events.outbox import log, log_search
from shared_events.outbox.archive import archive
from shared_events.outbox.log_search import aggregates_of_request, events_about
from shared_events.outbox.relay import Relay
from shared_events.tests.conftest import Write
from shared_events.tests.notes.contracts import NoteErased, NoteWritten

pytestmark = pytest.mark.django_db(transaction=True)


def _types(about: object) -> list[str]:
    return [row["type"] for row in events_about(str(about))]


class TestEventsAbout:
    def test_are_those_of_an_aggregate_oldest_first(self, write: Write) -> None:
        note = write("one")
        write(of=note, version=2, event=NoteErased(text=""))
        write("another")
        assert _types(note) == ["note.written", "note.erased"]

    def test_are_those_of_a_request_however_its_id_is_written(self, write: Write) -> None:
        for request in ("from-a-client", uuid4().hex):
            with context.bound(context.Context(correlation_id=request)):
                note = write("asked for")
            assert [row["aggregate_id"] for row in events_about(request)] == [note]
        assert [row["aggregate_id"] for row in events_about(str(UUID(request)))] == [note]

    def test_are_the_event_that_has_the_id(self, write: Write) -> None:
        write("one"), write("two")
        event = LoggedEvent.objects.order_by("id").last()
        assert event is not None
        assert [row["event_id"] for row in events_about(str(event.event_id))] == [event.event_id]

    def test_are_those_whose_data_names_it(self, write: Write) -> None:
        other = uuid7()
        naming = write(str(other))
        write(f"mentions {other} in passing")
        assert [row["aggregate_id"] for row in events_about(str(other))] == [naming]

    def test_are_found_in_data_beyond_the_bounds_by_their_request(
        self, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(log_search, "SCANNED", 1)
        note = uuid7()
        with context.bound(context.Context(correlation_id="one-request")):
            write("itself", of=note)
            write("between")
            naming = write(str(note))
        lost = write(str(note))
        write("newest")
        assert [row["aggregate_id"] for row in events_about(str(note))] == [note, naming]
        monkeypatch.setattr(log_search, "SCANNED", 2)
        assert lost in [row["aggregate_id"] for row in events_about(str(note))]

    def test_are_found_in_the_archive(self, relay: Relay, write: Write) -> None:
        with context.bound(context.Context(correlation_id="long-ago")):
            note = write("old")
        naming = write(str(note))
        LoggedEvent.objects.update(occurred_at=timezone.now() - timedelta(days=100))
        write("new")
        relay.round()
        relay.mark_published()
        archive("note", before=timezone.now() - timedelta(days=90))
        assert ArchivedEvent.objects.count() == 2
        assert [row["aggregate_id"] for row in events_about(str(note))] == [note, naming]
        assert [row["aggregate_id"] for row in events_about("long-ago")] == [note]
        assert aggregates_of_request("long-ago", stream="note") == [note]

    def test_are_the_newest_ones_where_there_are_too_many(self, write: Write) -> None:
        note = write("first")
        for version in (2, 3):
            write(str(version), of=note, version=version)
        assert [row["version"] for row in events_about(str(note), most=2)] == [2, 3]

    def test_are_none_for_what_nobody_knows(self, write: Write) -> None:
        write("one")
        assert [events_about(text) for text in (str(uuid4()), str(uuid7()), "no-such-request", "")] == [
            []
        ] * 4


class TestAggregatesOfARequest:
    def test_are_each_named_once(self) -> None:
        note = uuid7()
        with context.bound(context.Context(correlation_id="r1")), transaction.atomic():
            for version in (1, 2):
                log.record(NoteWritten(text="x"), aggregate_id=note, version=version)
        assert aggregates_of_request("r1", stream="note") == [note]
        assert aggregates_of_request("r1", stream="other") == []
