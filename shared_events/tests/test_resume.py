"""What resuming a stream would lose is known before, without reading it all."""

import pytest
from django.utils import timezone

from shared_events.ids import uuid7
from shared_events.inbox.consumer import receive
from shared_events.inbox.resume import NotResumable, resume_stream, would_be_lost
from shared_events.models import Cursor
from shared_events.tests.conftest import Published


class TestWouldBeLost:
    def test_are_the_first_events_after_the_position_and_how_many(self, published: Published) -> None:
        for batch in (*published("a", "b", "c"), *published("d", "e")):
            receive(batch)
        lost = would_be_lost("note", position=1, most=2)
        assert ([event.position for event in lost.events], lost.count) == ([2, 3], 4)

    def test_count_once_what_was_received_twice(self, published: Published) -> None:
        [batch] = published("a", "b", "c")
        receive(batch)
        Cursor.objects.update(position=0, last_id=None)
        receive(batch)
        assert would_be_lost("note", position=0, most=10).count == 3

    def test_are_none_at_the_end(self, published: Published) -> None:
        [batch] = published("a")
        receive(batch)
        assert would_be_lost("note", position=1, most=10).count == 0


@pytest.mark.django_db(transaction=True)
class TestResumeStream:
    def test_makes_no_cursor_of_a_stream_that_is_unknown(self) -> None:
        with pytest.raises(NotResumable, match="isn't halted"):
            resume_stream("unheard-of")
        assert not Cursor.objects.exists()

    @pytest.mark.parametrize(("position", "named"), [(3, False), (0, True), (None, True), (-1, False)])
    def test_wants_the_id_of_the_event_at_the_position(self, position: int | None, named: bool) -> None:
        Cursor.objects.create(stream="note", position=5, halted_at=timezone.now(), halt_reason="Trouble")
        with pytest.raises(NotResumable, match="goes with a position above 0"):
            resume_stream("note", position=position, last_id=uuid7() if named else None)
        assert Cursor.objects.get().halted_at is not None
