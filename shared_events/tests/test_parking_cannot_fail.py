"""Whatever an error says, its event is parked; where even that fails, the stream stands still and says so."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from shared_events.errors import describe, traceback_of
from shared_events.health import streams
from shared_events.inbox import parking
from shared_events.inbox.consumer import ApplyResult, receive
from shared_events.models import Cursor, ParkedEvent
from shared_events.tests.conftest import Published
from shared_events.tests.notes import handlers
from shared_events.tests.notes.models import Note

pytestmark = pytest.mark.django_db(transaction=True)


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even this works")


ERRORS = {
    "a NUL": ValueError("be\0fore"),
    "half of a surrogate pair": ValueError("\ud800"),
    "very much": ValueError("x" * 1_000_000),
    "nothing": ValueError(),
    "what can't be printed": Unprintable(),
    "bytes in words": UnicodeDecodeError("utf-8", b"\0\xff", 1, 2, "no"),
}


def _fail_with(error: Exception) -> None:
    def fail(text: str) -> None:
        if text == "poison":
            raise error

    handlers.ON_WRITE.append(fail)


class TestAnErrorThatSays:
    @pytest.mark.parametrize("says", ERRORS)
    def test_anything_is_stored_bounded(self, published: Published, says: str) -> None:
        _fail_with(ERRORS[says])
        [batch] = published("a", "poison", "b")
        assert receive(batch) is ApplyResult.UP_TO_DATE
        parked = ParkedEvent.objects.get()
        assert type(ERRORS[says]).__name__ in parked.error
        assert len(parked.error) <= parking.LONGEST_ERROR
        assert len(parked.traceback) <= parking.LONGEST_TRACEBACK + 10
        assert Note.objects.count() == 2

    @pytest.mark.parametrize("says", ERRORS)
    def test_anything_is_described_in_one_line_that_is_not_empty(self, says: str) -> None:
        text = describe(ERRORS[says])
        assert text
        assert "\n" not in text
        assert traceback_of(ERRORS[says], longest=1_000)

    def test_nothing_is_described_by_what_led_to_it(self) -> None:
        error = RuntimeError()
        error.__cause__ = ValueError("the disk is full")
        assert describe(error) == "RuntimeError, caused by ValueError: the disk is full"


class TestParkingThatFails:
    @pytest.fixture
    def halted(self, published: Published, monkeypatch: pytest.MonkeyPatch) -> Cursor:
        def fail(*_: object) -> None:
            raise ValueError("no room for it")

        _fail_with(ValueError("as set up"))
        [batch] = published("a", "poison", "b")
        with monkeypatch.context() as patch:
            patch.setattr(parking, "note_failure", fail)
            assert receive(batch) is ApplyResult.HALTED
        self.batch = batch
        return Cursor.objects.get()

    def test_halts_the_stream_where_it_is_and_says_so(self, halted: Cursor) -> None:
        assert halted.position == 1
        assert (
            "note.written at 2 could neither be applied nor parked: ValueError: no room" in halted.halt_reason
        )
        assert f"HALTED: note ({halted.halt_reason})" in streams()
        assert receive(self.batch) is ApplyResult.HALTED

    def test_goes_on_where_it_stopped_once_it_is_mended(self, halted: Cursor) -> None:
        out = StringIO()
        call_command("events", "resume", "note", stdout=out)
        assert out.getvalue() == "note goes on after position 1\n"
        assert receive(self.batch) is ApplyResult.UP_TO_DATE
        assert ParkedEvent.objects.get().position == 2
        assert Note.objects.count() == 2

    def test_is_resumed_once(self, halted: Cursor) -> None:
        call_command("events", "resume", "note", stdout=StringIO())
        with pytest.raises(CommandError, match="isn't halted"):
            call_command("events", "resume", "note", stdout=StringIO())
