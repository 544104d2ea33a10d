"""Each fact that an operator asks for, where there is something to say and where there is nothing."""

import ast
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from shared_events import skipped
from shared_events.models import (
    ArchivedEvent,
    Backfill,
    Cursor,
    LoggedEvent,
    OutgoingCommand,
    ParkedEvent,
    PublishedStream,
    RelayLease,
)
from shared_events.outbox.archive import archive
from shared_events.outbox.relay import Relay
from shared_events.status import PublishedStatus, read_lease, read_status, read_subscriber_lag
from shared_events.tests.conftest import FakeBroker, Published, Write

LIBRARY = Path(__file__).parents[1]


def ago(seconds: float) -> Any:
    return timezone.now() - timedelta(seconds=seconds)


def about(seconds: float) -> Any:
    """What was `seconds` ago as the statement began."""
    return pytest.approx(seconds, abs=5)


def own() -> PublishedStatus:
    [stream] = read_status().published
    return stream


def park(**fields: Any) -> ParkedEvent:
    defaults = {"stream": "note", "aggregate_id": uuid4(), "type": "note.written", "envelope": "{}"}
    return ParkedEvent.objects.create(**defaults | fields)


@pytest.mark.django_db
class TestAServiceWithoutEvents:
    def test_has_nothing_to_say(self) -> None:
        status = read_status()
        assert [stream.stream for stream in status.published] == ["note"]
        assert own().head == own().unpublished_events == own().logged_events == own().archived_events == 0
        assert own().oldest_unpublished_seconds is own().last_id is None
        assert [(one.stream, one.position, one.lag_events) for one in status.followed] == [("note", 0, 0)]
        assert status.halted == status.skipped == ()
        assert status.lag_events == status.unpublished_events == status.unsent_commands == 0
        assert status.parked_events == status.dead_letters == 0
        assert status.oldest_unpublished_seconds is status.oldest_unsent_command_seconds is None
        assert status.oldest_parked_event_seconds is status.oldest_dead_letter_seconds is None

    def test_never_had_a_relay(self) -> None:
        assert not read_lease().is_held
        assert read_lease().free_seconds is read_lease().holder is None


class TestPublished:
    def test_counts_what_has_no_position_yet_and_says_for_how_long(self, relay: Relay, write: Write) -> None:
        write("first")
        write("second")
        LoggedEvent.objects.filter(data__text="first").update(occurred_at=ago(50))
        assert own().unsequenced_events == own().unpublished_events == own().logged_events == 2
        assert own().head == 0
        assert own().oldest_unpublished_seconds == about(50)

    def test_counts_what_the_broker_has_not_confirmed(
        self, relay: Relay, broker: FakeBroker, write: Write
    ) -> None:
        for text in ("first", "second", "third"):
            write(text)
        relay.round()
        PublishedStream.objects.update(published=1)
        LoggedEvent.objects.filter(position=1).update(occurred_at=ago(900))
        LoggedEvent.objects.filter(position=2).update(occurred_at=ago(50))
        assert (own().head, own().published) == (3, 1)
        assert own().last_id == LoggedEvent.objects.get(position=3).event_id
        assert (own().unsequenced_events, own().unpublished_events, own().logged_events) == (0, 2, 3)
        assert own().oldest_unpublished_seconds == about(50)
        relay.mark_published()
        assert own().unpublished_events == 0
        assert own().oldest_unpublished_seconds is None

    def test_counts_what_was_archived_apart(self, relay: Relay, published: Published) -> None:
        published("first", "second", "third")
        relay.mark_published()
        archive("note", before=timezone.now() + timedelta(seconds=60))
        assert own().archived_events == ArchivedEvent.objects.count() == 2
        assert (own().head, own().logged_events, own().unpublished_events) == (3, 1, 0)

    def test_has_what_is_left_of_a_stream_that_the_settings_no_longer_name(self, write: Write) -> None:
        write("left")
        LoggedEvent.objects.update(stream="former")
        assert [(one.stream, one.unsequenced_events) for one in read_status().published] == [
            ("former", 1),
            ("note", 0),
        ]


@pytest.mark.django_db
class TestFollowed:
    def test_counts_the_positions_that_messages_have_named(self) -> None:
        Cursor.objects.create(stream="note", position=3, head=5, last_id=(last := uuid4()))
        Cursor.objects.create(stream="other", position=1, head=2)
        first, _ = read_status().followed
        assert (first.stream, first.position, first.head, first.lag_events) == ("note", 3, 5, 2)
        assert first.last_id == last
        assert read_status().lag_events == 3

    def test_says_for_how_long_catch_up_has_waited(self) -> None:
        Cursor.objects.create(stream="note", catch_up_requested_at=ago(7))
        [stream] = read_status().followed
        assert stream.catch_up_seconds == about(7)
        Cursor.objects.update(catch_up_requested_at=None)
        [stream] = read_status().followed
        assert stream.catch_up_seconds is None

    def test_says_why_it_is_halted_and_for_how_long(self) -> None:
        Cursor.objects.create(stream="note", halted_at=ago(90), halt_reason="it ends at 1")
        [stream] = read_status().halted
        assert (stream.stream, stream.halt_reason) == ("note", "it ends at 1")
        assert stream.halted_seconds == about(90)

    def test_counts_handlers_that_are_fed_the_past(self) -> None:
        Cursor.objects.create(stream="note")
        Backfill.objects.create(stream="note", type="note.written", handler="a")
        Backfill.objects.create(stream="other", type="other.written", handler="a")
        [stream] = read_status().followed
        assert stream.backfills == 1


@pytest.mark.django_db
class TestWhatWaits:
    def test_is_parked_or_dead(self) -> None:
        park(position=1, parked_at=ago(600), dead_at=ago(300))
        park(position=2, parked_at=ago(60), next_try_at=ago(1))
        park(position=3, parked_at=ago(30))
        status = read_status()
        assert (status.parked_events, status.dead_letters) == (2, 1)
        assert status.oldest_parked_event_seconds == about(60)
        assert status.oldest_dead_letter_seconds == about(300)

    def test_is_a_command_that_was_not_sent(self) -> None:
        OutgoingCommand.objects.create(task="a", kwargs={}, created_at=ago(20))
        OutgoingCommand.objects.create(task="b", kwargs={}, at=ago(-60))
        assert read_status().unsent_commands == 2
        assert read_status().oldest_unsent_command_seconds == about(20)

    def test_is_what_was_skipped_until_it_is_settled(self) -> None:
        left = skipped.note("note", read=3, resumed=0, lost=[])
        assert left is not None
        [one] = read_status().skipped
        assert (one.id, one.stream, one.first_position, one.last_position) == (left.id, "note", 1, 3)
        assert one.was_applied
        assert one.description == str(left)
        skipped.settle(left.id, reason="a test's own", by="ada")
        assert read_status().skipped == ()


class TestTheLease:
    def test_is_held_while_it_is_fresh(self, relay: Relay) -> None:
        lease = read_status().lease
        assert lease == read_lease()
        assert (lease.is_held, lease.holder, lease.free_seconds) == (True, relay.lease.holder, None)

    def test_is_free_once_it_ran_out(self, relay: Relay) -> None:
        RelayLease.objects.update(expires_at=ago(40))
        lease = read_status().lease
        assert (lease.is_held, lease.holder) == (False, relay.lease.holder)
        assert lease.free_seconds == about(40)

    def test_is_free_once_it_was_released(self, relay: Relay) -> None:
        relay.lease.release()
        assert (read_lease().is_held, read_lease().holder) == (False, None)
        assert read_lease().free_seconds == about(0)

    def test_shows_on_disk_while_it_is_held(self, relay: Relay, tmp_path: Path) -> None:
        relay.lease.file = tmp_path / "lease"
        relay.lease.renewed = 0.0
        assert relay.lease.hold()
        assert relay.lease.file.exists()
        relay.lease.release()
        assert not relay.lease.file.exists()

    def test_leaves_the_file_of_the_holder_alone(self, relay: Relay, tmp_path: Path) -> None:
        relay.lease.file = tmp_path / "lease"
        relay.lease.file.touch()
        RelayLease.objects.update(holder=uuid4(), expires_at=ago(-60))
        relay.lease.renewed = 0.0
        assert not relay.lease.hold()
        relay.lease.release()
        assert relay.lease.file.exists()

    def test_is_held_though_the_disk_takes_nothing(self, relay: Relay, tmp_path: Path) -> None:
        relay.lease.file, relay.lease.renewed = tmp_path / "absent" / "lease", 0.0
        assert relay.lease.hold()


class TestASubscribersLag:
    def test_is_the_age_of_the_oldest_event_that_it_has_not_applied(
        self, relay: Relay, published: Published, write: Write
    ) -> None:
        published("first", "second", "third")
        write("fourth")
        relay.mark_published()
        ages = {"first": 90, "second": 70, "third": 50, "fourth": 30}
        for text, age in ages.items():
            LoggedEvent.objects.filter(data__text=text).update(occurred_at=ago(age))
        for position, (events, age) in enumerate([(4, 90), (3, 70), (2, 50), (1, 30)]):
            lag = read_subscriber_lag(own(), position)
            assert (lag.stream, lag.position, lag.lag_events) == ("note", position, events)
            assert lag.lag_seconds == about(age)
        archive("note", before=timezone.now() - timedelta(seconds=80))
        assert read_subscriber_lag(own(), 0).lag_seconds == about(90)

    def test_is_nothing_where_it_has_all(self, relay: Relay, published: Published) -> None:
        published("first")
        lag = read_subscriber_lag(own(), 1)
        assert (lag.lag_events, lag.lag_seconds) == (0, None)


class TestNoOtherModule:
    #: What the facts are computed of: counts of rows, and columns that only say how things stand.
    COMPUTES = re.compile(
        r"\.objects\b.*\.count\(\)|count\(\*\)|\bhead - \w*\.?position|dead_at__isnull|position__isnull=True"
        r"|expires_at [<>]"
    )
    #: Where these are the protocol's own work, and not a statement about the state of the events.
    WORKS = frozenset({"models.py", "outbox/lease.py", "outbox/sequencer.py", "testing.py"})

    def test_computes_these_facts(self) -> None:
        found = {
            str(path.relative_to(LIBRARY))
            for path in LIBRARY.rglob("*.py")
            if not {"tests", "migrations"} & {*path.relative_to(LIBRARY).parts}
            and self.COMPUTES.search(ast.unparse(ast.parse(path.read_text())))
        }
        assert found - self.WORKS == {"status.py", "status_rows.py"}

    @pytest.mark.parametrize(
        "line",
        [
            "lag = cursor.head - cursor.position",
            "dead = ParkedEvent.objects.filter(dead_at__isnull=False).count()",
            "LoggedEvent.objects.filter(position__isnull=True)",
        ],
    )
    def test_would_go_unnoticed(self, line: str) -> None:
        assert self.COMPUTES.search(line)
