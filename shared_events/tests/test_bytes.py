"""Large events: refused where they begin, bounded on their way, and never in the way of others."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from amqp import PreconditionFailed
from django.db import transaction
from kombu import Connection
from kombu.exceptions import OperationalError

from shared_events import catch_up
from shared_events.ids import uuid7
from shared_events.inbox.consumer import ApplyResult, receive
from shared_events.inbox.parking import request_redrive
from shared_events.inbox.redrive import retry_due
from shared_events.models import Cursor, LoggedEvent, OutgoingCommand, ParkedEvent
from shared_events.outbox import commands, log, sequencer
from shared_events.outbox.relay import Relay
from shared_events.settings import EventSettings
from shared_events.tests.conftest import FakeBroker, Write
from shared_events.tests.notes.contracts import NoteWritten
from shared_events.tests.notes.models import Note
from shared_events.tests.settings import EVENTS
from shared_events.transport import embedded, topology

pytestmark = pytest.mark.django_db(transaction=True)

BATCH_BYTES = 1_000


@pytest.fixture(autouse=True)
def _small(settings) -> None:
    """Messages of 1,000 bytes of data, of many events; events may have 400."""
    settings.EVENTS = _settings(BATCH_BYTES)


def _settings(batch_bytes: int, largest: int = 400) -> EventSettings:
    return EventSettings(
        service=EVENTS.service,
        publishes=EVENTS.publishes,
        broker_url=EVENTS.broker_url,
        max_event_bytes=largest,
        batch_bytes=batch_bytes,
        max_tries=2,
    )


@pytest.fixture
def small_relay(broker: FakeBroker, relay: Relay) -> Relay:
    fresh = Relay(holder=relay.lease.holder, publisher=broker)  # type: ignore[arg-type]
    assert fresh.lease.hold()
    return fresh


def _write_too_large(settings, write: Write, size: int, *, of: UUID | None = None, version: int = 1) -> UUID:
    """Record an event as one was before the limit was set."""
    limited, settings.EVENTS = settings.EVENTS, _settings(BATCH_BYTES, largest=10**9)
    try:
        return write("x" * size, of=of, version=version)
    finally:
        settings.EVENTS = limited


def _texts() -> list[str]:
    return sorted(Note.objects.values_list("text", flat=True))


class TestRecording:
    def test_refuses_what_is_too_large_and_says_what_to_do(self) -> None:
        with (
            pytest.raises(log.EventTooLarge, match=r"note\.written has 511 bytes.*allows 400.*its address"),
            transaction.atomic(),
        ):
            log.record(NoteWritten(text="x" * 500), aggregate_id=uuid7(), version=1)
        assert not LoggedEvent.objects.exists()

    def test_counts_bytes_and_not_characters(self) -> None:
        with pytest.raises(log.EventTooLarge, match="has 411 bytes"), transaction.atomic():
            log.record(NoteWritten(text="é" * 200), aggregate_id=uuid7(), version=1)

    def test_measures_what_any_statement_has_written(self, write: Write) -> None:
        write("é")
        event = LoggedEvent.objects.get()
        event.refresh_from_db()
        assert event.data_bytes == len('{"text": "é"}'.encode())


class TestPublishing:
    def test_cuts_batches_by_their_bytes(self, small_relay: Relay, broker: FakeBroker, write: Write) -> None:
        for number in range(7):
            write(str(number) * 380)
        while len(broker.batches()) < 4:
            assert small_relay.round()
        assert [len(batch.events) for batch in broker.batches()] == [2, 2, 2, 1]
        for batch in broker.batches():
            assert receive(batch) is ApplyResult.UP_TO_DATE
        assert Note.objects.count() == 7

    def test_numbers_no_more_at_once_than_memory_may_hold(self, relay: Relay, write: Write) -> None:
        for _ in range(20):
            write("x" * 380)
        first = sequencer.assign_positions(above=0, commands_above=0, fence=relay.lease.fence)
        assert first.count == 6  # what begins within two messages' bytes
        assert not first.is_complete

    def test_sends_the_rest_of_a_cut_round_without_rest(self, small_relay: Relay, write: Write) -> None:
        for _ in range(20):
            write("x" * 380)
        small_relay.round()
        assert small_relay._more_waits
        while small_relay._more_waits:
            small_relay.round()
        assert not LoggedEvent.objects.filter(position=None).exists()


class TestAnEventThatNoMessageCanCarry:
    def test_goes_without_its_data_and_only_its_aggregate_waits(
        self, settings, small_relay: Relay, broker: FakeBroker, write: Write
    ) -> None:
        write("before")
        large = _write_too_large(settings, write, 5_000)
        write("behind", of=large, version=2)
        write("after")
        small_relay.round()
        for batch in broker.batches():
            assert receive(batch) is ApplyResult.UP_TO_DATE
        assert _texts() == ["after", "before"]
        dead, behind = ParkedEvent.objects.order_by("position")
        assert dead.dead_at is not None
        assert "EventOmitted: 5012 bytes" in dead.error
        assert "discard it" in dead.traceback
        assert not behind.error

    def test_comes_by_catch_up_alike(
        self, settings, small_relay: Relay, broker: FakeBroker, write: Write
    ) -> None:
        write("before")
        _write_too_large(settings, write, 5_000)
        write("after")
        small_relay.round()
        Cursor.objects.create(stream="note")
        self._catch_up(broker)
        assert _texts() == ["after", "before"]

    def test_is_applied_once_its_publisher_may_send_it(
        self, settings, small_relay: Relay, broker: FakeBroker, write: Write
    ) -> None:
        _write_too_large(settings, write, 5_000)
        small_relay.round()
        receive(broker.batches()[0])
        settings.EVENTS = _settings(10_000)
        Cursor.objects.update(position=0, last_id=None)  # replayed from there on
        self._catch_up(broker)
        request_redrive(ParkedEvent.objects.all())
        assert retry_due() == 1
        assert _texts() == ["x" * 5_000]

    def _catch_up(self, broker: FakeBroker) -> None:
        outcome = ApplyResult.MORE_TO_COME
        while outcome is ApplyResult.MORE_TO_COME:
            cursor = Cursor.objects.get()
            broker.sent.clear()
            assert catch_up.reply("note", cursor.position, cursor.last_id, "notes", broker)  # type: ignore[arg-type]
            outcome = receive(broker.batches()[0])


class TestABrokerThatAllowsLess:
    @pytest.fixture
    def strict(self, broker: FakeBroker, monkeypatch: pytest.MonkeyPatch) -> FakeBroker:
        """Refuse messages as RabbitMQ does, by size: a body of 700 bytes fits."""
        publish, command = broker.publish, broker.command

        def refuse(size: int) -> None:
            if size > 700:
                raise OperationalError from PreconditionFailed("message size is larger than configured")

        def publish_small(task: str, kwargs: dict[str, Any], **options: Any) -> None:
            refuse(len(kwargs.get("events", "")))
            publish(task, kwargs, **options)

        def command_small(task: str, kwargs: dict[str, Any], **options: Any) -> None:
            refuse(len(str(kwargs)))
            command(task, kwargs, **options)

        monkeypatch.setattr(broker, "publish", publish_small)
        monkeypatch.setattr(broker, "command", command_small)
        return broker

    def test_gets_smaller_messages_and_what_it_never_takes_without_its_data(
        self, small_relay: Relay, strict: FakeBroker, write: Write
    ) -> None:
        for text in ("a", "b", "x" * 380, "c"):
            write(text)
        small_relay.round()
        for batch in strict.batches():
            assert receive(batch) is ApplyResult.UP_TO_DATE
        assert _texts() == ["a", "b", "c"]
        assert "EventOmitted: 392 bytes" in ParkedEvent.objects.get().error

    def test_answers_who_catches_up_alike(self, small_relay: Relay, strict: FakeBroker, write: Write) -> None:
        for text in ("a", "b", "x" * 380, "c"):
            write(text)
        small_relay.round()
        Cursor.objects.create(stream="note")
        TestAnEventThatNoMessageCanCarry()._catch_up(strict)
        assert _texts() == ["a", "b", "c"]

    def test_is_not_sent_a_refused_command_for_ever(
        self, settings, small_relay: Relay, strict: FakeBroker
    ) -> None:
        settings.EVENTS = _settings(BATCH_BYTES, largest=10_000)
        with transaction.atomic():
            commands.schedule("notes.large", {"text": "x" * 900})
            commands.schedule("notes.small", {})
        small_relay.round()
        assert [task for task, _ in strict.commands] == ["notes.small"]
        assert not OutgoingCommand.objects.exists()


class TestACommand:
    def test_with_large_arguments_is_refused(self) -> None:
        with (
            pytest.raises(commands.CommandTooLarge, match=r"notes\.large has 5\d\d bytes.*pass an id"),
            transaction.atomic(),
        ):
            commands.schedule("notes.large", {"text": "x" * 500})


class TestCatchingUp:
    def test_answers_with_as_much_as_one_message_may_carry(
        self, small_relay: Relay, broker: FakeBroker, write: Write
    ) -> None:
        for _ in range(7):
            write("x" * 380)
        small_relay.round()
        assert catch_up.reply("note", 0, None, "notes", broker) == 2  # type: ignore[arg-type]
        assert broker.batches()[-1].head == 6


class TestQueues:
    def test_are_bounded_by_bytes_too(self) -> None:
        shapes = topology.topology_of(EVENTS, ["note"], quorum=True)
        for queue in (shapes.events, shapes.inbox, shapes.catch_up):
            assert queue is not None
            assert queue.queue_arguments["x-max-length-bytes"] == topology.BYTES_LIMIT

    def test_of_files_drop_their_oldest_messages(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(embedded, "QUEUE_BYTES", 2_500)
        monkeypatch.setattr(embedded, "CHECK_EVERY_BYTES", 1_000)
        options = embedded.options(tmp_path)
        with Connection(f"{embedded.SCHEME}://", transport_options=options) as connection:
            queue = connection.SimpleQueue("letters")
            for number in range(9):
                queue.put({"number": number, "text": "x" * 600})
            left = [queue.get(block=False).payload["number"] for _ in range(queue.qsize())]
        assert left == list(range(9 - len(left), 9))
        assert 1 <= len(left) <= 4
