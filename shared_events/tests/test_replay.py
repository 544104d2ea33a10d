"""A person may have a stream read once more."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from shared_events.inbox import parking, redrive
from shared_events.inbox.consumer import ApplyResult, receive
from shared_events.models import Cursor, ParkedEvent
from shared_events.tests.conftest import Published
from shared_events.tests.notes import handlers
from shared_events.tests.notes.models import Note

pytestmark = pytest.mark.django_db(transaction=True)


class TestReplaying:
    def test_brings_the_events_to_their_handlers_once_more(self, published: Published) -> None:
        [batch] = published("a", "b", "c")
        receive(batch)
        last_id = batch.events[0].id
        call_command("events", "replay", "note", "--from=2", f"--last-id={last_id}", stdout=StringIO())
        receive(batch)
        applied = dict(Note.objects.values_list("text", "applied"))
        assert applied == {"a": 1, "b": 2, "c": 2}
        assert Cursor.objects.get().position == 3

    def test_goes_past_an_event_that_is_parked_already(self, published: Published) -> None:
        handlers.POISONED.add("poison")
        [batch] = published("a", "poison", "b")
        receive(batch)
        call_command("events", "replay", "note", "--from=1", stdout=StringIO())
        assert receive(batch) is ApplyResult.UP_TO_DATE
        assert Cursor.objects.get().position == 3
        assert [parked.position for parked in ParkedEvent.objects.all()] == [2]
        handlers.POISONED.clear()
        parking.request_redrive(ParkedEvent.objects.all())
        assert redrive.retry_due() == 1
        assert dict(Note.objects.values_list("text", "applied")) == {"a": 2, "poison": 1, "b": 2}

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (["--from=0"], "goes with"),
            (["--from=2"], "goes with"),
            (["--from=9", f"--last-id={'0' * 32}"], "up to 1 only"),
        ],
    )
    def test_refuses_what_makes_no_sense(
        self, published: Published, options: list[str], message: str
    ) -> None:
        [batch] = published("a")
        receive(batch)
        with pytest.raises(CommandError, match=message):
            call_command("events", "replay", "note", *options)
