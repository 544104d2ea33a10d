"""What the backbone's tests share: a broker made of lists, and helpers to write and read notes."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection, transaction

from shared_events.contracts import Event
from shared_events.ids import uuid7
from shared_events.inbox import consumer, redrive
from shared_events.outbox import log
from shared_events.outbox.relay import Relay, prepare
from shared_events.tests.notes import handlers
from shared_events.tests.notes.contracts import NoteWritten

Write = Callable[..., UUID]
Published = Callable[..., list[consumer.Batch]]


class FakeBroker:
    """Stands where the broker's publisher stands; keeps what was sent, and can be broken."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.commands: list[tuple[str, Any]] = []
        self.broken = False

    def publish(self, task: str, kwargs: dict[str, Any], **options: Any) -> None:
        if self.broken:
            raise ConnectionError("the broker is away")
        self.sent.append({"task": task, **kwargs, "key": options["key"]})

    def command(self, task: str, kwargs: dict[str, Any], **options: Any) -> None:
        if self.broken:
            raise ConnectionError("the broker is away")
        self.commands.append((task, options["at"]))

    def close(self) -> None:
        pass

    def batches(self) -> list[consumer.Batch]:
        delivered = [message for message in self.sent if message["task"] == "shared_events.deliver"]
        return [
            consumer.batch_from_wire(m["stream"], m["events"], m["previous_id"], m["head"]) for m in delivered
        ]


@pytest.fixture(autouse=True)
def _fresh_process() -> None:
    """Forget what a worker process remembers between batches."""
    for memory in (consumer._proven, consumer._begun, redrive._begun, *handlers.MEMORY):
        memory.clear()


def connect_apart() -> psycopg.Connection:
    """Connect to the tests' database as another client does, without Django."""
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    return psycopg.connect(**parameters)


@pytest.fixture
def broker() -> FakeBroker:
    return FakeBroker()


@pytest.fixture
def relay(broker: FakeBroker, transactional_db: None) -> Relay:
    prepare()
    relay = Relay(holder=uuid7(), publisher=broker)  # type: ignore[arg-type]
    assert relay.lease.hold()
    return relay


@pytest.fixture
def write(transactional_db: None) -> Write:
    """Record a note, or whatever event is given."""

    def write(
        text: str = "hello", *, of: UUID | None = None, version: int = 1, event: Event | None = None
    ) -> UUID:
        of = of or uuid7()
        with transaction.atomic():
            log.record(event or NoteWritten(text=text), aggregate_id=of, version=version)
        return of

    return write


@pytest.fixture
def parked_note(relay: Relay, broker: FakeBroker, write: Write) -> UUID:
    """A note whose first event was parked, by the text "poison", with its second one behind it."""
    handlers.POISONED.add("poison")
    note = write("poison")
    write("next", of=note, version=2)
    relay.round()
    consumer.receive(broker.batches()[0])
    return note


@pytest.fixture
def published(relay: Relay, broker: FakeBroker, write: Write) -> Callable[..., list[consumer.Batch]]:
    """Write notes with the given texts, relay them, and return the batches that went out for them."""

    def published(*texts: str) -> list[consumer.Batch]:
        before = len(broker.batches())
        for text in texts:
            write(text)
        relay.round()
        return broker.batches()[before:]

    return published


@pytest.fixture
def late(transactional_db: None) -> Iterator[psycopg.Connection]:
    """A connection whose transaction commits late."""
    with connect_apart() as late:
        yield late


def insert_note(connection: psycopg.Connection, *, stream: str = "note") -> None:
    connection.execute(
        "INSERT INTO shared_events_loggedevent (stream, event_id, type, schema_version, aggregate_id,"
        " version, occurred_at, correlation_id, traceparent, data)"
        " VALUES (%s, gen_random_uuid(), 'note.erased', 1, gen_random_uuid(), 1,"
        " now(), '', '', '{\"text\": \"\"}')",
        [stream],
    )
