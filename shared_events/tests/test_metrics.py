"""What is counted, and what is read at each scrape."""

import logging
import socket
import urllib.request
from typing import Any
from uuid import UUID

import prometheus_client
import pytest
from django.db import OperationalError, transaction

from shared_events import metrics
from shared_events.ids import uuid7
from shared_events.inbox import applied, consumer, cursors, redrive
from shared_events.inbox.parking import request_redrive
from shared_events.metrics import Gauge, StateCollector
from shared_events.models import ParkedEvent
from shared_events.outbox import log
from shared_events.outbox.relay import Relay
from shared_events.settings import event_settings
from shared_events.tests.conftest import Published, Write
from shared_events.tests.notes import handlers
from shared_events.tests.notes.contracts import NoteWritten
from shared_events.tests.notes.models import Note


class Counted:
    """How much a metric has grown since the test began."""

    def __init__(self) -> None:
        self._before: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
        self._before = self._samples()

    def __call__(self, name: str, **labels: str) -> float:
        key = (name, tuple(sorted(labels.items())))
        return self._samples().get(key, 0) - self._before.get(key, 0)

    def _samples(self) -> dict[Any, float]:
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for metric in prometheus_client.REGISTRY.collect()
            for sample in metric.samples
        }


@pytest.fixture
def counted() -> Counted:
    return Counted()


NOTE = {"stream": "note", "event_type": "note.written"}


class TestRecorded:
    def test_is_counted_once_it_has_committed(self, write: Write, counted: Counted) -> None:
        write()
        assert counted("events_recorded_total", **NOTE) == 1

    @pytest.mark.usefixtures("transactional_db")
    def test_is_not_counted_where_it_was_rolled_back(self, counted: Counted) -> None:
        with transaction.atomic():
            log.record(NoteWritten(text="x"), aggregate_id=uuid7(), version=1)
            transaction.set_rollback(True)
        assert counted("events_recorded_total", **NOTE) == 0

    @pytest.mark.usefixtures("transactional_db")
    def test_of_a_batch_is_counted_each(self, counted: Counted) -> None:
        with transaction.atomic(), log.batch_writes():
            for _ in range(3):
                log.record(NoteWritten(text="x"), aggregate_id=uuid7(), version=1)
        assert counted("events_recorded_total", **NOTE) == 3


class TestPublishedAndApplied:
    def test_are_counted(self, published: Published, counted: Counted) -> None:
        cursors.make("note")
        [batch] = published("a", "b")
        assert counted("events_published_total", stream="note") == 2
        consumer.receive(batch)
        assert counted("events_applied_total", **NOTE) == 2
        assert counted("events_effect_delay_seconds_count", stream="note") == 2

    def test_nobody_waited_for_what_was_recorded_before_the_stream_was_followed(
        self, published: Published, counted: Counted
    ) -> None:
        [batch] = published("a")
        consumer.receive(batch)
        assert counted("events_applied_total", **NOTE) == 1
        assert counted("events_effect_delay_seconds_count", stream="note") == 0

    def test_nobody_waited_for_what_is_replayed(self, published: Published, counted: Counted) -> None:
        cursors.make("note")
        [batch] = published("a")
        consumer.receive(batch)
        with transaction.atomic():
            cursors.set_position(cursors.lock("note"), 0, None)
        consumer.receive(batch)
        assert counted("events_applied_total", **NOTE) == 2
        assert counted("events_effect_delay_seconds_count", stream="note") == 1

    def test_a_repeated_batch_counts_nothing(self, published: Published, counted: Counted) -> None:
        [batch] = published("a")
        consumer.receive(batch)
        consumer.receive(batch)
        assert counted("events_applied_total", **NOTE) == 1

    def test_what_is_parked_has_failed(self, parked_note: UUID, counted: Counted) -> None:
        assert counted("events_applied_total", **NOTE) == 0
        request_redrive(ParkedEvent.objects.all())
        redrive.retry_due()
        assert counted("events_failed_total", **NOTE) == 1
        assert counted("events_redrives_total", outcome="failed") == 1
        handlers.POISONED.clear()
        request_redrive(ParkedEvent.objects.all())
        redrive.retry_due()
        assert counted("events_redrives_total", outcome="applied") == 2


class TestALogLine:
    def test_says_what_was_applied_for_which_request(
        self, published: Published, caplog: pytest.LogCaptureFixture
    ) -> None:
        [batch] = published("a")
        with caplog.at_level(logging.INFO, applied.__name__):
            consumer.receive(batch)
        [line] = [record for record in caplog.records if record.name == applied.__name__]
        assert line.getMessage() == "Applied note.written at 1"
        assert line.__dict__["correlation_id"] == batch.events[0].correlation_id

    def test_is_one_for_a_batch_of_many(
        self, published: Published, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(applied, "MOST_LINES", 1)
        [batch] = published("a", "b")
        with caplog.at_level(logging.INFO, applied.__name__):
            consumer.receive(batch)
        assert [r.getMessage() for r in caplog.records if r.name == applied.__name__] == [
            "Applied 2 note.written"
        ]


def gauges() -> dict[tuple[str, str], float]:
    return {
        (sample.name, sample.labels.get("stream", "")): sample.value
        for family in StateCollector().collect()
        for sample in family.samples
    }


class TestState:
    def test_is_read_at_a_scrape(self, relay: Relay, write: Write) -> None:
        write("a")
        found = gauges()
        assert found["service_state_up", ""] == 1
        assert found["events_unpublished", "note"] == 1
        assert found["events_oldest_unpublished_age_seconds", "note"] > 0
        assert found["events_relay_lease_held", ""] == 1

    def test_has_what_failed(self, parked_note: UUID) -> None:
        found = gauges()
        assert found["events_parked", ""] == 2
        assert found["events_dead_letters", ""] == 0
        assert found["events_stream_halted", "note"] == 0

    @pytest.mark.usefixtures("transactional_db")
    def test_has_what_the_service_itself_reads(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(metrics, "_readers", [])
        metrics.at_scrape(lambda: [Gauge("notes", "Notes there are.", Note.objects.count())])
        assert gauges()["notes", ""] == 0

    def test_says_only_that_it_could_not_be_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail() -> None:
            raise OperationalError

        monkeypatch.setattr(metrics, "read_status", fail)
        assert gauges() == {("service_state_up", ""): 0}


class TestServing:
    @pytest.fixture
    def port(self) -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    def test_answers_at_the_address(self, port: int) -> None:
        metrics.serve(f"127.0.0.1:{port}", with_state=False)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            assert b"# TYPE events_recorded_total counter" in answer.read()

    def test_a_successor_may_listen_beside_its_predecessor(self, port: int) -> None:
        metrics.serve(f"127.0.0.1:{port}", with_state=False)
        metrics.serve(f"127.0.0.1:{port}", with_state=False)

    @pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:x", "256.0.0.1:1"])
    def test_a_process_works_without_it(
        self, address: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = event_settings()
        monkeypatch.setattr(
            metrics,
            "event_settings",
            lambda: settings.__class__(**{**settings.__dict__, "metrics_bind": address}),
        )
        metrics.serve_as_configured(with_state=False)
        assert f"No metrics at {address}" in caplog.text
