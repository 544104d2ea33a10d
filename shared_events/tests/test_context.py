"""Ids that come from outside never fail the work that they name."""

import pytest
from django.db import transaction

from shared_events import context
from shared_events.ids import uuid7
from shared_events.models import LoggedEvent, OutgoingCommand
from shared_events.outbox import commands, log
from shared_events.tests.notes.contracts import NoteWritten


@pytest.mark.django_db
class TestAnIdFromOutside:
    def test_is_cut_to_its_column_without_what_cannot_be_stored(self) -> None:
        outside = context.Context(correlation_id="x" * 40 + "\0" + "y" * 400, traceparent="0" * 900)
        with transaction.atomic(), context.bound(outside):
            log.record(NoteWritten(text="a"), aggregate_id=uuid7(), version=1)
            commands.schedule("notes.count", {})
        event = LoggedEvent.objects.get()
        assert event.correlation_id == "x" * 40 + "y" * 24
        assert event.traceparent == "0" * 55
        assert OutgoingCommand.objects.get().correlation_id == event.correlation_id
