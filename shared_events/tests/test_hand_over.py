"""A stream changes its owner: subscribers go on when the log moves along, and halt when it doesn't."""

from collections.abc import Callable

import pytest
from django.db import connection

from shared_events.ids import uuid7
from shared_events.inbox.consumer import ApplyResult, Batch, receive
from shared_events.models import Cursor, LoggedEvent, PublishedStream
from shared_events.outbox.relay import Relay, prepare
from shared_events.tests.conftest import FakeBroker, Write
from shared_events.tests.notes.models import Note

Published = Callable[..., list[Batch]]

#: The columns that the explanation says to copy: all but the row ids, in their order.
COLUMNS = (
    "stream, position, event_id, type, schema_version, aggregate_id, version, occurred_at, correlation_id,"
    " causation_id, traceparent, data"
)


@pytest.fixture
def received_all(published: Published) -> None:
    """A subscriber has received all of the old owner's log."""
    for batch in published("a", "b"):
        receive(batch)


def move_log() -> None:
    """Let the rows pass through a text, as psql's \\copy would, into tables that were empty."""
    with connection.cursor() as cursor:
        copied: list[bytes] = []
        query = f"SELECT {COLUMNS} FROM shared_events_loggedevent WHERE stream = 'note' ORDER BY position"
        with cursor.copy(f"COPY ({query}) TO STDOUT") as rows:
            copied += [bytes(row) for row in rows]
        lose_log()
        with cursor.copy(f"COPY shared_events_loggedevent ({COLUMNS}) FROM STDIN") as rows:
            for row in copied:
                rows.write(row)


def lose_log() -> None:
    LoggedEvent.objects.all().delete()
    PublishedStream.objects.all().delete()


def publish(write: Write, broker: FakeBroker, text: str) -> list[Batch]:
    """Write a note as the new owner, with a relay that has never published, and return what it sends."""
    prepare()
    relay = Relay(holder=uuid7(), publisher=broker)  # type: ignore[arg-type]
    relay.lease.seconds = 0
    assert relay.lease.hold()
    before = len(broker.batches())
    write(text)
    relay.round()
    return broker.batches()[before:]


class TestAStreamThatChangesItsOwner:
    def test_goes_on_where_it_was_when_its_log_moves_along(
        self, received_all: None, relay: Relay, write: Write, broker: FakeBroker
    ) -> None:
        relay.lease.release()
        move_log()
        outcomes = [receive(batch) for batch in publish(write, broker, "c")]
        assert set(outcomes) == {ApplyResult.UP_TO_DATE}
        assert Cursor.objects.get().position == 3
        assert sorted(Note.objects.values_list("text", "applied")) == [("a", 1), ("b", 1), ("c", 1)]

    def test_halts_its_subscribers_when_its_log_is_left_behind(
        self, received_all: None, relay: Relay, write: Write, broker: FakeBroker
    ) -> None:
        relay.lease.release()
        lose_log()
        for text in ("c", "d", "e"):
            outcomes = [receive(batch) for batch in publish(write, broker, text)]
        assert outcomes[-1] is ApplyResult.HALTED
        assert sorted(Note.objects.values_list("text", "applied")) == [("a", 1), ("b", 1)]
