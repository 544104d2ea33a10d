from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from shared_events import log
from shared_events.health import streams
from shared_events.models import Cursor, LoggedEvent, RelayLease
from shared_events.tests.notes.contracts import NoteWritten


def unpublished_for(seconds: float) -> None:
    """Record an event that no relay has published, so long ago."""
    with transaction.atomic():
        log.record(NoteWritten(text="waits"), aggregate_id=uuid4(), version=1)
    LoggedEvent.objects.update(occurred_at=timezone.now() - timedelta(seconds=seconds))


def lease_until(seconds: float) -> None:
    expires = timezone.now() + timedelta(seconds=seconds)
    RelayLease.objects.update_or_create(id=1, defaults={"holder": uuid4(), "expires_at": expires})


@pytest.mark.django_db
class TestStreams:
    def test_tell_lag_and_what_is_halted(self) -> None:
        Cursor.objects.create(stream="note", position=3, head=5)
        assert streams() == "lag 2, unpublished 0, dead letters 0"
        Cursor.objects.update(halted_at=timezone.now())
        assert streams().endswith("HALTED: note")

    def test_call_the_broker_to_account_while_a_relay_is_at_work(self) -> None:
        unpublished_for(52)
        lease_until(3)
        said = "unpublished 1 for 52 s (a relay is at work: the broker confirms nothing, or too slowly)"
        assert said in streams()

    def test_miss_a_relay_that_is_not_at_work(self) -> None:
        unpublished_for(52)
        lease_until(-3)
        assert "unpublished 1 for 52 s (no relay is at work)" in streams()

    def test_miss_a_relay_that_never_was(self) -> None:
        unpublished_for(52)
        assert "(no relay is at work)" in streams()

    def test_make_nothing_of_what_is_just_on_its_way(self) -> None:
        unpublished_for(1)
        assert streams() == "lag 0, unpublished 1 for 1 s, dead letters 0"
