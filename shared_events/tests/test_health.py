import pytest
from django.utils import timezone

from shared_events.health import streams
from shared_events.models import Cursor


@pytest.mark.django_db
class TestStreams:
    def test_tell_lag_and_what_is_halted(self) -> None:
        Cursor.objects.create(stream="note", position=3, head=5)
        assert streams() == "lag 2, unpublished 0, dead letters 0"
        Cursor.objects.update(halted_at=timezone.now(), halt_reason="it ends at 1")
        assert streams().endswith("HALTED: note (it ends at 1)")
