"""What a subscriber has received is kept for a while."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from shared_events.envelope import RawEnvelope
from shared_events.inbox import cursors
from shared_events.inbox.consumer import receive
from shared_events.inbox.received import received_events
from shared_events.models import ReceivedBatch
from shared_events.tests.conftest import Published
from shared_events.tests.notes import handlers

pytestmark = pytest.mark.django_db(transaction=True)


def _received() -> list[RawEnvelope]:
    return list(received_events("note"))


class TestWhatWasReceived:
    def test_is_kept_as_it_came(self, published: Published) -> None:
        [batch] = published("a", "b")
        receive(batch)
        receive(batch)
        assert _received() == batch.events
        assert list(received_events("note", after=1)) == batch.events[1:]

    def test_is_kept_of_what_was_parked_too(self, published: Published) -> None:
        handlers.POISONED.add("b")
        [batch] = published("a", "b", "c")
        receive(batch)
        assert _received() == batch.events

    def test_is_printed_a_line_for_each(self, published: Published) -> None:
        [batch] = published("a", "b")
        receive(batch)
        out = StringIO()
        call_command("events", "received", "note", "--after=1", stdout=out)
        [line] = out.getvalue().splitlines()
        assert json.loads(line)["position"] == 2

    def test_is_received_anew_after_the_cursor_was_moved(self, published: Published) -> None:
        [batch] = published("a", "b")
        receive(batch)
        call_command("events", "replay", "note", "--from=1", stdout=StringIO())
        assert _received() == []
        receive(batch)
        assert _received() == batch.events

    def test_is_forgotten_after_a_while(self, published: Published, settings) -> None:
        for batch in published("a"):
            receive(batch)
        assert cursors.purge_received() == 0
        ReceivedBatch.objects.update(received_at=timezone.now() - timedelta(days=8))
        assert cursors.purge_received() == 1
