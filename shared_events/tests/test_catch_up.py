from uuid import UUID

import pytest

from shared_events import catch_up
from shared_events.ids import uuid7
from shared_events.inbox.consumer import ApplyResult, Batch, receive
from shared_events.models import Cursor
from shared_events.outbox.relay import Relay
from shared_events.outbox.sequencer import assign_positions
from shared_events.tests.conftest import FakeBroker, Published, Write
from shared_events.tests.notes.models import Note


def _answers(broker: FakeBroker) -> list[Batch]:
    """Answer the last request and return what was sent for it."""
    request, before = broker.sent[-1], len(broker.batches())
    assert request["task"] == "shared_events.catch_up"
    last_id = UUID(request["last_id"]) if request["last_id"] else None
    catch_up.reply(request["stream"], request["after"], last_id, request["service"], broker)  # type: ignore[arg-type]
    return broker.batches()[before:]


class TestAsking:
    def test_names_what_the_cursor_has(self, broker: FakeBroker, published: Published) -> None:
        [batch] = published("a")
        receive(batch)
        assert catch_up.request("note", broker)  # type: ignore[arg-type]
        request = broker.sent[-1]
        assert (request["after"], request["last_id"]) == (1, str(batch.events[0].id))
        assert (request["service"], request["key"]) == ("notes", "note")

    def test_sends_one_request_at_a_time(self, broker: FakeBroker, transactional_db: None) -> None:
        catch_up.request_missing(broker)  # type: ignore[arg-type]
        catch_up.request_missing(broker)  # type: ignore[arg-type]
        assert len(broker.sent) == 1

    def test_that_could_not_be_sent_is_not_under_way(
        self, broker: FakeBroker, transactional_db: None
    ) -> None:
        broker.broken = True
        with pytest.raises(ConnectionError):
            catch_up.request_missing(broker)  # type: ignore[arg-type]
        broker.broken = False
        catch_up.request_missing(broker)  # type: ignore[arg-type]
        assert len(broker.sent) == 1

    def test_does_not_ask_for_a_halted_stream(self, broker: FakeBroker, published: Published) -> None:
        [first], [second] = published("a"), published("b")
        receive(first)
        receive(Batch(stream="note", events=second.events, previous_id=uuid7(), head=2))
        assert not catch_up.request("note", broker)  # type: ignore[arg-type]


class TestAnswering:
    def test_brings_a_newcomer_everything_page_by_page(
        self, broker: FakeBroker, published: Published
    ) -> None:
        published(*"abcdefghij")
        outcome = ApplyResult.MORE_TO_COME
        Cursor.objects.create(stream="note")
        pages = 0
        while outcome is ApplyResult.MORE_TO_COME:
            assert catch_up.request("note", broker)  # type: ignore[arg-type]
            [page] = _answers(broker)
            outcome, pages = receive(page), pages + 1
        assert sorted(Note.objects.values_list("text", flat=True)) == list("abcdefghij")
        assert pages == 3

    def test_is_silent_when_there_is_nothing_to_bring(self, broker: FakeBroker, published: Published) -> None:
        [batch] = published("a")
        receive(batch)
        catch_up.request("note", broker)  # type: ignore[arg-type]
        assert _answers(broker) == []

    def test_includes_what_was_numbered_but_never_published(
        self, broker: FakeBroker, relay: Relay, write: Write
    ) -> None:
        write("a")
        assign_positions(above=0, commands_above=0, fence=relay.lease.fence)
        Cursor.objects.create(stream="note")
        catch_up.request("note", broker)  # type: ignore[arg-type]
        [page] = _answers(broker)
        assert receive(page) is ApplyResult.UP_TO_DATE

    def test_halts_an_asker_that_has_read_another_log(self, broker: FakeBroker, published: Published) -> None:
        published("a", "b")
        Cursor.objects.create(stream="note", position=2, last_id=uuid7(), head=2)
        catch_up.request("note", broker)  # type: ignore[arg-type]
        [page] = _answers(broker)
        assert receive(page) is ApplyResult.HALTED

    def test_halts_an_asker_that_is_ahead_of_the_log(self, broker: FakeBroker, published: Published) -> None:
        published("a")
        Cursor.objects.create(stream="note", position=7, last_id=uuid7(), head=7)
        catch_up.request("note", broker)  # type: ignore[arg-type]
        [page] = _answers(broker)
        assert receive(page) is ApplyResult.HALTED
        assert "ends at 1" in Cursor.objects.get().halt_reason
