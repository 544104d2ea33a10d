"""Each guard of the backbone taken away: the wound that it keeps closed must open."""

from contextlib import nullcontext
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from shared_events import consumer, numbering, tasks
from shared_events.consumer import Batch, Outcome, receive
from shared_events.envelope import dump
from shared_events.ids import uuid7
from shared_events.lease import LeaseLost
from shared_events.models import Cursor, LoggedEvent, RelayLease
from shared_events.relay import Relay
from shared_events.tests.conftest import Published, Road, Write
from shared_events.tests.notes import handlers
from shared_events.tests.notes.models import Note

pytestmark = pytest.mark.django_db(transaction=True)


def _applied() -> dict[str, int]:
    return dict(Note.objects.values_list("text", "applied"))


class TestWithoutTheCursorCheck:
    def test_a_repeated_batch_takes_effect_twice(
        self, published: Published, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        [batch] = published("a")
        receive(batch)
        assert receive(batch) is Outcome.UP_TO_DATE
        assert _applied() == {"a": 1}
        monkeypatch.setattr(consumer, "_fresh", lambda cursor, batch: (batch.events, Outcome.UP_TO_DATE))
        receive(batch)
        assert _applied() == {"a": 2}


class TestWithoutTheGapCheck:
    def test_a_missing_event_is_lost_for_good(
        self, published: Published, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        [batch] = published("a", "b", "c")
        late = batch.after(2)
        assert receive(late) is Outcome.GAP

        def only_what_is_known(cursor: Cursor, batch: Batch) -> tuple[list[Any], Outcome]:
            return batch.after(cursor.position).events, Outcome.UP_TO_DATE

        monkeypatch.setattr(consumer, "_fresh", only_what_is_known)
        receive(late)
        receive(batch)
        assert _applied() == {"c": 1}


class TestWithoutThePreviousIdCheck:
    def test_another_log_is_followed_as_if_it_were_the_old_one(
        self, published: Published, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        [batch] = published("a", "b")
        receive(Batch(stream="note", events=batch.events[:1], previous_id=None, head=1))
        other = Batch(stream="note", events=batch.events[1:], previous_id=uuid7(), head=2)
        assert receive(other) is Outcome.HALTED
        Cursor.objects.update(halted_at=None)
        monkeypatch.setattr(consumer, "_contradiction", lambda cursor, batch, rest: "")
        assert receive(other) is Outcome.UP_TO_DATE
        assert _applied() == {"a": 1, "b": 1}


class TestWithoutTheTransactionAroundTheEffects:
    def test_half_of_a_failed_batch_stays_and_is_applied_again(
        self, published: Published, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        handlers.POISONED.add("poison")
        [batch] = published("a", "poison")
        with pytest.raises(handlers.Poisoned):
            consumer.apply_together(batch)
        assert _applied() == {}
        monkeypatch.setattr(
            consumer, "lock_cursor", lambda stream: Cursor.objects.get_or_create(stream=stream)[0]
        )
        monkeypatch.setattr(consumer, "transaction", SimpleNamespace(atomic=nullcontext))
        for _ in range(2):
            with pytest.raises(handlers.Poisoned):
                consumer.apply_together(batch)
        assert _applied() == {"a": 2}


class TestWithoutTheFence:
    def test_a_relay_that_was_replaced_goes_on_numbering(
        self, relay: Relay, road: Road, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write("a")
        RelayLease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert Relay(holder=uuid7(), publisher=road).lease.hold()  # type: ignore[arg-type]
        with pytest.raises(LeaseLost):
            relay.round()
        assert LoggedEvent.objects.get().position is None
        anybody = numbering._NUMBER.replace("fence = %(fence)s", "fence >= %(fence)s")
        monkeypatch.setattr(numbering, "_NUMBER", anybody)
        relay.round()
        assert LoggedEvent.objects.get().position == 1


class TestWithoutTheStreamKeyCheck:
    def test_a_forged_message_takes_effect(
        self, published: Published, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        [batch] = published("a")
        message: dict[str, Any] = {
            "stream": "note",
            "events": dump(batch.events),
            "previous_id": None,
            "head": 1,
        }
        tasks.deliver.apply(kwargs=message, routing_key="letter")
        assert _applied() == {}
        monkeypatch.setattr(tasks, "_came_by_its_stream", lambda task, stream: True)
        tasks.deliver.apply(kwargs=message, routing_key="letter")
        assert _applied() == {"a": 1}
