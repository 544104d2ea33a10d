from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from shared_events.health import streams
from shared_events.ids import uuid7
from shared_events.models import Cursor, LoggedEvent, RelayLease
from shared_events.outbox import log
from shared_events.skipped import note as note_skipped
from shared_events.skipped import settle
from shared_events.tests.notes.contracts import NoteWritten


@pytest.fixture(autouse=True)
def _relay_at_work(db: None) -> None:
    lease_until(3)


def unpublished_for(seconds: float) -> None:
    """Record an event that no relay has published, so long ago."""
    with transaction.atomic():
        log.record(NoteWritten(text="waits"), aggregate_id=uuid7(), version=1)
    LoggedEvent.objects.update(occurred_at=timezone.now() - timedelta(seconds=seconds))


def lease_until(seconds: float) -> None:
    expires = timezone.now() + timedelta(seconds=seconds)
    RelayLease.objects.update_or_create(id=1, defaults={"holder": uuid7(), "expires_at": expires})


class TestStreams:
    def test_show_lag_and_what_is_halted(self) -> None:
        Cursor.objects.create(stream="note", position=3, head=5)
        assert streams() == "lag 2, unpublished 0, dead letters 0"
        Cursor.objects.update(halted_at=timezone.now(), halt_reason="it ends at 1")
        assert streams().endswith("HALTED: note (it ends at 1)")

    def test_name_what_was_skipped_until_it_is_settled(self) -> None:
        skipped = note_skipped("note", read=3, resumed=0, lost=[])
        assert skipped is not None
        assert (
            "SKIPPED: note:1-3 (applied here, in another log now), see `manage events skipped`" in streams()
        )
        settle(skipped.id, reason="Nothing of it mattered", by="someone")
        assert "SKIPPED" not in streams()

    def test_call_the_broker_to_account_while_a_relay_is_at_work(self) -> None:
        unpublished_for(52)
        assert "unpublished 1 for 52 s: THE BROKER CONFIRMS NOTHING, though a relay is at work" in streams()

    def test_miss_a_relay_that_is_not_at_work(self) -> None:
        unpublished_for(52)
        lease_until(-3)
        assert "unpublished 1 for 52 s: NO RELAY IS AT WORK" in streams()

    def test_miss_a_relay_that_never_was(self) -> None:
        RelayLease.objects.all().delete()
        assert "unpublished 0: NO RELAY IS AT WORK" in streams()

    def test_make_nothing_of_what_is_just_on_its_way(self) -> None:
        unpublished_for(1)
        assert streams() == "lag 0, unpublished 1 for 1 s, dead letters 0"
