"""A late handler is fed past events, in order, before it receives new ones; no other handler waits for it."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from shared_events import catch_up, tasks
from shared_events.envelope import Envelope, dump, load
from shared_events.inbox import backfill, consumer, parking, redrive, subscriptions
from shared_events.inbox.consumer import ApplyResult, Batch, receive
from shared_events.inbox.subscriptions import handles
from shared_events.models import Backfill, Cursor, LoggedEvent, ParkedEvent, PublishedStream, UnhandledType
from shared_events.outbox.relay import Relay
from shared_events.tests.conftest import FakeBroker, Published, Write
from shared_events.tests.notes import handlers
from shared_events.tests.notes.contracts import NoteCounted, NoteState, NoteWritten
from shared_events.tests.notes.models import Note

pytestmark = pytest.mark.django_db(transaction=True)

RECEIVED: list[str] = []


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have handlers of one's own in this test alone."""
    RECEIVED.clear()
    monkeypatch.setattr(
        subscriptions,
        "_subscriptions",
        {key: list(value) for key, value in subscriptions._subscriptions.items()},
    )


def _without_written() -> None:
    """Run the code from before any handler for `note.written` existed."""
    del subscriptions._subscriptions["note.written"]


def _with_written() -> None:
    """Run the code that has one."""

    @handles(NoteWritten)
    def receive_note(event: Envelope[NoteState]) -> None:
        for hook in handlers.ON_WRITE:
            hook(event.data.text)
        if event.data.text in handlers.POISONED:
            raise handlers.Poisoned
        transaction.on_commit(lambda: RECEIVED.append(event.data.text))


def _restart() -> None:
    for memory in (consumer._proven, consumer._begun, redrive._begun):
        memory.clear()
    backfill.begin_where_needed(["note"])


def _feed(broker: FakeBroker) -> list[ApplyResult]:
    """Ask for the past, answer, and apply the answer, until there is nothing to ask for."""
    outcomes = []
    broker.sent.clear()
    while catch_up.request_backfill("note", broker):  # type: ignore[arg-type]
        [request] = broker.sent
        catch_up.reply_backfill("note", request["after"], request["types"], "notes", broker)  # type: ignore[arg-type]
        message = broker.sent[-1]
        assert message["task"] == "shared_events.deliver_backfill"
        past = backfill.backfill_from_wire("note", message["events"], message["after"], message["upto"])
        outcomes.append(consumer.receive_backfill(past))
        broker.sent.clear()
    return outcomes


@pytest.fixture
def passed(published: Published) -> list[Batch]:
    """Three notes that the cursor has passed without a handler; now there is one."""
    _without_written()
    batches = published("a", "b", "c")
    for batch in batches:
        receive(batch)
    assert Cursor.objects.get().position == 3
    _with_written()
    _restart()
    return batches


@pytest.mark.usefixtures("passed")
class TestATypeThatTheCursorHasPassed:
    def test_is_fed_to_its_new_handler_in_order(self, broker: FakeBroker) -> None:
        assert _feed(broker) == [ApplyResult.UP_TO_DATE]
        assert RECEIVED == ["a", "b", "c"]
        assert not Backfill.objects.exists()

    def test_is_received_in_new_events_only_after_the_past(
        self, broker: FakeBroker, published: Published
    ) -> None:
        for batch in published("d"):
            assert receive(batch) is ApplyResult.UP_TO_DATE
        assert RECEIVED == []
        _feed(broker)
        assert RECEIVED == ["a", "b", "c", "d"]
        for batch in published("e"):
            receive(batch)
        assert RECEIVED == ["a", "b", "c", "d", "e"]

    def test_is_requested_by_the_relays_timer(self, broker: FakeBroker) -> None:
        broker.sent.clear()
        for _ in range(2):  # one request is under way at a time
            catch_up.request_missing(broker)  # type: ignore[arg-type]
        assert [message.get("types") for message in broker.sent] == [None, ["note.written"]]

    def test_takes_effect_once_however_often_a_page_comes(self, broker: FakeBroker) -> None:
        catch_up.reply_backfill("note", 0, ["note.written"], "notes", broker)  # type: ignore[arg-type]
        page = broker.sent[-1]
        first = backfill.backfill_from_wire("note", dump(load(page["events"])[:2]), 0, 2)
        for past in (first, first, backfill.backfill_from_wire("note", page["events"], 0, page["upto"])):
            consumer.receive_backfill(past)
        assert RECEIVED == ["a", "b", "c"]

    def test_is_not_taken_past_a_gap(self, broker: FakeBroker) -> None:
        late = backfill.backfill_from_wire("note", "[]", 2, 3)
        consumer.receive_backfill(late)
        assert Backfill.objects.get().position == 0

    def test_is_parked_for_its_new_handler_alone_where_it_fails(self, broker: FakeBroker) -> None:
        handlers.POISONED.add("b")
        _feed(broker)
        assert RECEIVED == ["a", "c"]
        parked = ParkedEvent.objects.get()
        assert (parked.position, parked.handlers) == (2, "")
        handlers.POISONED.clear()
        parking.request_redrive([parked])
        assert redrive.retry_due() == 1
        assert RECEIVED == ["a", "c", "b"]

    def test_is_parked_unrun_where_it_ends_its_worker(self, broker: FakeBroker) -> None:
        def die(text: str) -> None:
            if text == "b":
                raise SystemExit(137)

        handlers.ON_WRITE.append(die)
        for _ in range(1 + 3):
            with pytest.raises(SystemExit):
                _feed(broker)
            _restart()
            Backfill.objects.update(requested_at=None)
        _feed(broker)
        assert RECEIVED == ["a", "c"]
        assert "its worker ended" in ParkedEvent.objects.get().error

    def test_comes_by_its_task(self, broker: FakeBroker) -> None:
        catch_up.reply_backfill("note", 0, ["note.written"], "notes", broker)  # type: ignore[arg-type]
        message = {key: broker.sent[-1][key] for key in ("stream", "events", "after", "upto")}
        tasks.deliver_backfill.apply(kwargs=message, routing_key="letter")
        assert RECEIVED == []
        tasks.deliver_backfill.apply(kwargs=message, routing_key="note")
        assert RECEIVED == ["a", "b", "c"]


class TestAnOlderWorker:
    def test_that_comes_back_in_a_release_loses_nothing(
        self, passed: list[Batch], broker: FakeBroker, published: Published
    ) -> None:
        _feed(broker)
        subscriptions._subscriptions.pop("note.written")
        for batch in published("d"):
            receive(batch)
        assert UnhandledType.objects.get().position == 3
        _with_written()
        for batch in published("e"):
            receive(batch)
        assert RECEIVED == ["a", "b", "c"]
        _feed(broker)
        assert RECEIVED == ["a", "b", "c", "d", "e"]
        assert not UnhandledType.objects.exists()

    def test_that_comes_back_before_the_past_was_fed_changes_nothing(
        self, passed: list[Batch], broker: FakeBroker, published: Published
    ) -> None:
        subscriptions._subscriptions.pop("note.written")
        for batch in published("d"):
            receive(batch)
        _with_written()
        _restart()
        _feed(broker)
        assert RECEIVED == ["a", "b", "c", "d"]

    def test_of_before_this_was_noted_starts_no_backfill(self, published: Published) -> None:
        for batch in published("a"):
            receive(batch)
        Cursor.objects.update(handled_types=None)
        _restart()
        assert not Backfill.objects.exists()


class TestANewSubscriber:
    def test_reads_the_log_from_its_beginning_and_needs_no_backfill(self, published: Published) -> None:
        _restart()
        for batch in published("a"):
            receive(batch)
        assert not Backfill.objects.exists()
        assert Note.objects.get().applied == 1


class TestRebuilding:
    def test_feeds_one_handler_everything_once_more(
        self, relay: Relay, broker: FakeBroker, write: Write, published: Published
    ) -> None:
        write(event=NoteCounted(text="1"))
        for batch in published("a", "b"):
            receive(batch)
        assert handlers.BATCHES == [1]
        Note.objects.all().delete()
        out = StringIO()
        call_command("events", "rebuild", "copy_note", stdout=out)
        assert out.getvalue() == (
            "shared_events.tests.notes.handlers.copy_note is fed note.written from the first on\n"
        )
        _feed(broker)
        assert sorted(Note.objects.values_list("text", flat=True)) == ["a", "b"]
        assert handlers.BATCHES == [1]

    def test_parks_for_that_handler_alone(self, broker: FakeBroker, published: Published) -> None:
        @handles(NoteWritten)
        def also_receive_note(event: Envelope[NoteState]) -> None:
            transaction.on_commit(lambda: RECEIVED.append(event.data.text))

        for batch in published("a"):
            receive(batch)
        call_command("events", "rebuild", "copy_note", stdout=StringIO())
        handlers.POISONED.add("a")
        _feed(broker)
        assert ParkedEvent.objects.get().handlers == "shared_events.tests.notes.handlers.copy_note"
        handlers.POISONED.clear()
        parking.request_redrive(ParkedEvent.objects.all())
        assert redrive.retry_due() == 1
        assert RECEIVED == ["a"]

    def test_reads_what_was_archived(self, broker: FakeBroker, published: Published) -> None:
        for batch in published("a", "b"):
            receive(batch)
        LoggedEvent.objects.update(occurred_at="2020-01-01T00:00Z")
        PublishedStream.objects.update(published=2)
        call_command("events", "archive", "--older-than=30", stdout=StringIO())
        assert LoggedEvent.objects.count() == 1
        call_command("events", "rebuild", "copy_note", stdout=StringIO())
        _feed(broker)
        assert not Backfill.objects.exists()
        assert set(Note.objects.values_list("applied", flat=True)) == {2}

    @pytest.mark.parametrize("name", ["nothing", "opy_note", ""])
    def test_refuses_a_name_that_no_handler_has(self, transactional_db: None, name: str) -> None:
        with pytest.raises(CommandError, match=r"one of: .*copy_note"):
            call_command("events", "rebuild", name)
