"""Parked events are tried in the events worker alone, and each attempt is committed before it runs."""

import threading
import time
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone

from shared_events import heartbeat, sweeps, tasks
from shared_events.ids import uuid7
from shared_events.inbox import consumer, parking, redrive
from shared_events.inbox.consumer import receive
from shared_events.models import DiscardedEvent, ParkedEvent
from shared_events.outbox.relay import Relay
from shared_events.tests.conftest import FakeBroker, Published, Write
from shared_events.tests.notes import handlers
from shared_events.tests.notes.models import Note

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def parked(published: Published) -> ParkedEvent:
    """An event that failed once, and is due again."""
    handlers.POISONED.add("poison")
    [batch] = published("poison")
    receive(batch)
    parking.request_redrive(ParkedEvent.objects.all())
    return ParkedEvent.objects.get()


def _restart_worker() -> None:
    for memory in (consumer._proven, consumer._begun, redrive._begun):
        memory.clear()


class TestTheRelay:
    def test_sends_a_request_to_its_own_worker_and_runs_no_handler(
        self, relay: Relay, broker: FakeBroker, parked: ParkedEvent
    ) -> None:
        before = len(broker.sent)
        relay.request_redrive()
        [request] = broker.sent[before:]
        assert (request["task"], request["key"]) == ("shared_events.redrive", "redrive")
        assert ParkedEvent.objects.get().tries == parked.tries

    def test_does_not_ask_when_nothing_is_due(
        self, relay: Relay, broker: FakeBroker, parked: ParkedEvent
    ) -> None:
        ParkedEvent.objects.update(next_try_at=timezone.now() + timedelta(minutes=1))
        before = len(broker.sent)
        relay.request_redrive()
        assert broker.sent[before:] == []

    def test_has_no_sweep_that_runs_handlers(self) -> None:
        assert {sweep.__module__ for sweep in sweeps.registered()} == {"shared_events.inbox.cursors"}


class TestTheTask:
    def test_tries_what_is_due(self, parked: ParkedEvent) -> None:
        handlers.POISONED.clear()
        tasks.redrive_parked.apply(routing_key="redrive")
        assert Note.objects.get().text == "poison"
        assert not ParkedEvent.objects.exists()

    def test_refuses_a_message_that_came_by_another_key(self, parked: ParkedEvent) -> None:
        handlers.POISONED.clear()
        tasks.redrive_parked.apply(routing_key="letter")
        assert ParkedEvent.objects.exists()


class TestAnEventThatKillsItsWorker:
    def test_is_a_dead_letter_once_three_processes_have_died_of_it(self, parked: ParkedEvent) -> None:
        def die(text: str) -> None:
            raise SystemExit(137)

        handlers.ON_WRITE.append(die)
        for tried in range(1, 4):
            with pytest.raises(SystemExit):
                redrive.retry_due()
            _restart_worker()
            assert ParkedEvent.objects.get().unfinished == tried
        assert redrive.retry_due() == 0
        dead = ParkedEvent.objects.get()
        assert dead.dead_at is not None
        assert "its worker ended" in dead.error
        assert redrive.retry_due() == 0

    def test_gets_as_many_attempts_again_when_a_person_asks(self, parked: ParkedEvent) -> None:
        ParkedEvent.objects.update(unfinished=9)
        parking.request_redrive(ParkedEvent.objects.all())
        handlers.POISONED.clear()
        assert redrive.retry_due() == 1

    def test_counts_once_per_process_however_often_the_database_fails(self, parked: ParkedEvent) -> None:
        def fail(text: str) -> None:
            raise OperationalError("the server is away")

        handlers.ON_WRITE.append(fail)
        for _ in range(5):
            assert redrive.retry_due() == 0
        assert ParkedEvent.objects.get().unfinished == 1
        assert ParkedEvent.objects.get().tries == parked.tries


class TestAPass:
    def test_ends_in_time_for_news(self, published: Published) -> None:
        handlers.POISONED.update("abcdef")
        for batch in published(*"abcdef"):
            receive(batch)
        parking.request_redrive(ParkedEvent.objects.all())
        ticks = iter([0.0, 0.5, 0.9, 1.5])
        redrive.retry_due(clock=lambda: next(ticks))
        assert list(ParkedEvent.objects.order_by("id").values_list("tries", flat=True)) == [2, 2, 1, 1, 1, 1]

    def test_writes_nothing_of_a_row_that_was_discarded_meanwhile(self, parked: ParkedEvent) -> None:
        def discard(text: str) -> None:
            ParkedEvent.objects.all().delete()

        handlers.ON_WRITE.append(discard)
        redrive.retry_due()
        # The handler's own deletion was rolled back with it; a person's is not.
        ParkedEvent.objects.all().delete()
        redrive._if_still_there(parked, lambda: parking.note_failure(parked, ValueError("late")))
        assert not ParkedEvent.objects.exists()


class TestDiscarding:
    @pytest.mark.usefixtures("parked_note")
    def test_keeps_who_when_and_why_and_lets_what_is_behind_go_on(self) -> None:
        first = ParkedEvent.objects.earliest("position")
        discarded = (f"--discard={first.id}", "--reason=a test's own", "--by=ada")
        call_command("events", "dead-letters", *discarded, stdout=StringIO())
        kept = DiscardedEvent.objects.get()
        assert (kept.position, kept.reason, kept.discarded_by) == (1, "a test's own", "ada")
        assert "poison" in kept.envelope
        assert redrive.retry_due() == 1
        assert Note.objects.get().text == "next"

    def test_needs_a_reason(self, parked: ParkedEvent) -> None:
        with pytest.raises(CommandError, match=r"Say why.*--reason"):
            call_command("events", "dead-letters", f"--discard={parked.id}", stdout=StringIO())
        assert ParkedEvent.objects.exists()

    def test_refuses_what_only_waits_behind(self, relay: Relay, broker: FakeBroker, write: Write) -> None:
        handlers.POISONED.add("poison")
        note = write("poison")
        write("next", of=note, version=2)
        relay.round()
        receive(broker.batches()[0])
        with pytest.raises(parking.NotDiscardable, match="waits behind"):
            parking.discard(ParkedEvent.objects.latest("position"), reason="no", by="ada")


class TestTheCommand:
    def test_says_when_the_worker_has_not_come_to_it_yet(
        self, parked: ParkedEvent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shared_events.management.events.dead_letters.WATCH", 0.0)
        out = StringIO()
        call_command("events", "dead-letters", "--redrive=all", stdout=out)
        assert "1 events will be tried again" in out.getvalue()

    def test_says_what_became_of_it(self, parked: ParkedEvent) -> None:
        handlers.POISONED.clear()
        ParkedEvent.objects.update(next_try_at=None, dead_at=timezone.now())

        def work() -> None:
            while not redrive.is_due():
                time.sleep(0.01)
            redrive.retry_due()
            connection.close()

        worker = threading.Thread(target=work)
        worker.start()
        out = StringIO()
        call_command("events", "dead-letters", "--redrive=all", stdout=out)
        worker.join()
        assert out.getvalue() == "Applied 1 of 1 events, 0 failed again\n"


class TestSweeps:
    @pytest.fixture
    def ran(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        ran: list[str] = []

        def sweep() -> int:
            ran.append("sweep")
            stop.set()
            return 1

        stop = self.stop = threading.Event()
        monkeypatch.setattr(sweeps, "_timers", [sweeps._Timer(sweep, 0.0)])
        return ran

    def test_run_where_the_lease_is(self, ran: list[str], relay: Relay) -> None:
        sweeps.run(self.stop, relay.lease.is_away)
        assert ran == ["sweep"]
        assert threading.get_ident() not in heartbeat._busy_since

    def test_do_not_run_in_a_spare(self, ran: list[str], relay: Relay, broker: FakeBroker) -> None:
        spare = Relay(holder=uuid7(), publisher=broker)  # type: ignore[arg-type]
        looked = []

        def is_away() -> bool:
            looked.append(1)
            if len(looked) == 2:
                self.stop.set()
            return spare.lease.is_away()

        sweeps.run(self.stop, is_away)
        assert ran == []

    def test_wait_while_the_holder_is_unknown(self, ran: list[str]) -> None:
        def fail() -> bool:
            self.stop.set()
            raise OperationalError("the server is away")

        sweeps.run(self.stop, fail)
        assert ran == []
