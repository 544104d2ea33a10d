"""A log that was restored from a backup gets back what its subscribers have received."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from shared_events import catch_up, context, skipped
from shared_events.envelope import Envelope, RawEnvelope
from shared_events.ids import uuid7
from shared_events.inbox.consumer import ApplyResult, receive
from shared_events.inbox.received import received_events
from shared_events.models import Cursor, LoggedEvent, SkippedRange
from shared_events.outbox import recovery
from shared_events.outbox.recovery import CannotRecover, rebuilds, recover
from shared_events.outbox.relay import Relay
from shared_events.tests.conftest import FakeBroker, Published, Write
from shared_events.tests.notes.contracts import NoteErased, NoteState, NoteWritten

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def rebuilt(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What this service has made anew of its own."""
    made: list[str] = []
    monkeypatch.setattr(recovery, "_rebuilds", {})

    @rebuilds(NoteWritten)
    def rebuild(event: Envelope[NoteState]) -> bool:
        made.append(event.data.text)
        return event.data.text != "not rebuilt"

    return made


@pytest.fixture
def lost(relay: Relay, broker: FakeBroker, write: Write) -> None:
    """A log of five events that was restored to its first two; a subscriber has received all of them."""
    note = write("a")
    for text in "bcd":
        write(text)
    write(of=note, version=2, event=NoteErased(text=""))
    relay.round()
    for batch in broker.batches():
        receive(batch)
    LoggedEvent.objects.filter(position__gt=2).delete()
    relay.lease.release()


def _received() -> list[RawEnvelope]:
    return list(received_events("note"))


@pytest.mark.usefixtures("lost")
class TestRecovering:
    def test_gives_the_log_back_what_it_has_lost(self, rebuilt: list[str], broker: FakeBroker) -> None:
        given = _received()
        recovered = recover(given)
        assert recovered.events == {"note.written": 2, "note.erased": 1}
        rows = LoggedEvent.objects.order_by("position")
        assert [row.event_id for row in rows] == [event.id for event in given]
        assert rebuilt == ["c", "d"]
        assert recovered.not_rebuilt == {"note.erased": [str(given[0].aggregate_id)]}

    def test_makes_it_the_log_again_that_its_subscribers_have_read(
        self, broker: FakeBroker, write: Write
    ) -> None:
        recover(_received())
        new = Relay(holder=_received()[0].id, publisher=broker)  # type: ignore[arg-type]
        assert new.lease.hold()
        write("e")
        broker.sent.clear()
        new.round()
        outcomes = [receive(batch) for batch in broker.batches()]
        assert ApplyResult.HALTED not in outcomes
        assert Cursor.objects.get().position == 6

    def test_takes_the_same_from_several_and_changes_nothing_the_second_time(self) -> None:
        recover([*_received(), *_received()[3:]])
        assert recover(_received()).events.total() == 0

    def test_is_not_done_while_a_relay_runs(self, broker: FakeBroker) -> None:
        assert Relay(holder=_received()[0].id, publisher=broker).lease.hold()  # type: ignore[arg-type]
        with pytest.raises(CannotRecover, match="stop its processes"):
            recover(_received())

    def test_refuses_a_log_that_has_gone_on_otherwise(self, write: Write, broker: FakeBroker) -> None:
        given = _received()
        write("something else")
        LoggedEvent.objects.filter(position=None).update(position=3)
        with pytest.raises(CannotRecover, match="has gone on since it was restored"):
            recover(given)
        assert LoggedEvent.objects.count() == 3

    def test_refuses_one_that_has_recorded_unpublished_events(self, write: Write) -> None:
        lost = _received()[-1]
        write(of=lost.aggregate_id, version=2, event=NoteErased(text=""))
        with pytest.raises(CannotRecover, match="has gone on since it was restored"):
            recover(_received())

    def test_refuses_what_is_older_than_the_log_s_end(self, write: Write) -> None:
        """As given by a subscriber that has forgotten all that came before the last two."""
        write("something else")
        LoggedEvent.objects.filter(position=None).update(position=3)
        with pytest.raises(CannotRecover, match="has gone on since it was restored"):
            recover(_received()[3:])

    def test_gives_its_position_to_what_was_recorded_and_not_yet_published(self) -> None:
        """As in a dump that was made between a commit and the relay's next round."""
        third = _received()[2]
        write_again(third)
        recovered = recover(_received())
        assert recovered.events.total() == 3
        assert LoggedEvent.objects.get(event_id=third.id).position == 3
        assert LoggedEvent.objects.count() == 5

    def test_names_what_is_not_made_anew(self, write: Write, relay: Relay, broker: FakeBroker) -> None:
        recover(_received())
        assert relay.lease.hold()
        broker.sent.clear()
        write("not rebuilt")
        relay.round()
        for batch in broker.batches():
            receive(batch)
        LoggedEvent.objects.filter(position=6).delete()
        relay.lease.release()
        last = _received()[-1]
        assert recover(_received()).not_rebuilt == {"note.written": [str(last.aggregate_id)]}

    def test_ends_with_what_a_service_does_in_the_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        done: list[int] = []
        monkeypatch.setattr(recovery, "_last", [])
        recovery.in_the_end(lambda: done.append(LoggedEvent.objects.count()))
        recover(_received())
        recover([])
        assert done == [5, 5]

    def test_refuses_a_gap(self) -> None:
        with pytest.raises(CannotRecover, match=r"Nothing before note:5"):
            recover([*_received()[:3], _received()[4]])
        assert LoggedEvent.objects.count() == 2

    def test_by_its_command_says_what_was_recovered(self, tmp_path: Path) -> None:
        given, out = tmp_path / "received.jsonl", StringIO()
        with given.open("w") as file:
            call_command("events", "received", "note", stdout=file)
        call_command("events", "recover", str(given), stdout=out)
        assert "2\tnote.written" in out.getvalue()
        assert "Not made anew, of note.erased: " in out.getvalue()
        assert out.getvalue().endswith("Recovered 3 events\n")

    def test_names_the_line_that_is_not_an_event(self, tmp_path: Path) -> None:
        given = tmp_path / "received.jsonl"
        given.write_text("\nhello\n")
        with pytest.raises(CommandError, match=r"received\.jsonl, line 2, isn't an event"):
            call_command("events", "recover", str(given))


class TestWhatTheLogSays:
    def test_of_what_an_event_has_caused(self, write: Write) -> None:
        cause = uuid7()
        with context.bound(context.Context(correlation_id="test", causation_id=cause)):
            note = write("a")
        assert recovery.has_caused(cause, note)
        assert not recovery.has_caused(cause, uuid7())
        assert not recovery.has_caused(uuid7(), note)
        assert not recovery.has_caused(None, note)


def write_again(event: RawEnvelope) -> None:
    """Record an event as it was, with no position yet."""
    names = ("stream", "type", "schema_version", "aggregate_id", "version", "occurred_at")
    more = ("correlation_id", "causation_id", "traceparent", "data")
    values = {name: getattr(event, name) for name in (*names, *more)}
    LoggedEvent.objects.create(event_id=event.id, position=None, **values)


class TestWithoutRecovering:
    def test_the_subscribers_stop(self, lost: None, broker: FakeBroker) -> None:
        cursor = Cursor.objects.get()
        broker.sent.clear()
        catch_up.reply("note", cursor.position, cursor.last_id, "notes", broker)  # type: ignore[arg-type]
        assert receive(broker.batches()[0]) is ApplyResult.HALTED

    def test_and_go_on_where_they_were_once_it_is_done(self, lost: None, broker: FakeBroker) -> None:
        self.test_the_subscribers_stop(lost, broker)
        recover(_received())
        call_command("events", "resume", "note", stdout=StringIO())
        cursor = Cursor.objects.get()
        assert (cursor.position, cursor.halted_at) == (5, None)
        assert catch_up.reply("note", cursor.position, cursor.last_id, "notes", broker) == 0  # type: ignore[arg-type]

    def test_let_go_of_what_was_lost_where_a_person_says_so(
        self, lost: None, broker: FakeBroker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.test_the_subscribers_stop(lost, broker)
        forgotten: list[tuple[list[int], int]] = []
        monkeypatch.setattr(recovery, "_forgets", {})
        recovery.forgets("note")(
            lambda events, after: forgotten.append(([e.position for e in events], after))
        )
        third, *_ = list(received_events("note", after=2))
        last_id, out = LoggedEvent.objects.get(position=2).event_id, StringIO()
        call_command("events", "resume", "note", "--from=2", f"--last-id={last_id}", stdout=out)
        assert forgotten == [([3, 4, 5], 2)]
        assert f"lost: 3\tnote.written\t{third.aggregate_id}\n" in out.getvalue()
        assert _received() == [event for event in _received() if event.position <= 2]
        assert Cursor.objects.get().position == 2


class TestWhatWasSkipped:
    @pytest.fixture
    def resumed(self, lost: None, broker: FakeBroker) -> None:
        """The log goes on otherwise, and a person has the subscriber follow it."""
        TestWithoutRecovering().test_the_subscribers_stop(lost, broker)
        last_id = LoggedEvent.objects.get(position=2).event_id
        call_command("events", "resume", "note", "--from=2", f"--last-id={last_id}", stdout=StringIO())

    @pytest.mark.usefixtures("resumed")
    def test_stays_listed_until_an_operator_settles_it(self) -> None:
        said = StringIO()
        with pytest.raises(CommandError, match="1 to settle"):
            call_command("events", "skipped", stdout=said)
        first, *events = said.getvalue().splitlines()
        assert "note:3-5 (applied here, in another log now)" in first
        assert [line.split("\t")[1:3] for line in events] == [
            ["lost: 3", "note.written"],
            ["lost: 4", "note.written"],
            ["lost: 5", "note.erased"],
        ]
        number = first.split("\t")[0]
        with pytest.raises(CommandError, match="--reason"):
            call_command("events", "skipped", f"--settle={number}")
        settled = (f"--settle={number}", "--reason=Reconciled", "--by=ann")
        call_command("events", "skipped", *settled, stdout=said)
        assert list(skipped.open_ranges()) == []
        kept = SkippedRange.objects.get()
        assert (kept.reason, kept.settled_by) == ("Reconciled", "ann")
        with pytest.raises(CommandError, match="settled already"):
            call_command("events", "skipped", f"--settle={number}", "--reason=Again")
        call_command("events", "skipped", stdout=said)
        assert said.getvalue().endswith("Nothing was skipped\n")

    def test_is_not_what_comes_again(self, lost: None, broker: FakeBroker) -> None:
        """The log has its first two events still: only what it has no more is lost."""
        TestWithoutRecovering().test_the_subscribers_stop(lost, broker)
        call_command("events", "resume", "note", "--from=0", stdout=StringIO())
        [one] = skipped.open_ranges()
        assert [event.position for event in skipped.lost_events(one)] == [1, 2, 3, 4, 5]
        broker.sent.clear()
        catch_up.reply("note", 0, None, "notes", broker)  # type: ignore[arg-type]
        for batch in broker.batches():
            receive(batch)
        assert [event.position for event in skipped.lost_events(one)] == [3, 4, 5]

    def test_may_never_have_been_applied(self, published: Published) -> None:
        Cursor.objects.create(stream="note", halted_at=timezone.now(), halt_reason="Trouble")
        call_command("events", "resume", "note", "--from=7", f"--last-id={uuid7()}", stdout=StringIO())
        [one] = skipped.open_ranges()
        assert str(one) == "note:1-7 (never applied)"

    def test_is_nothing_where_the_stream_goes_on_where_it_stopped(
        self, lost: None, broker: FakeBroker
    ) -> None:
        TestWithoutRecovering().test_the_subscribers_stop(lost, broker)
        call_command("events", "resume", "note", stdout=StringIO())
        assert list(skipped.open_ranges()) == []
