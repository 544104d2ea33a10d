"""What a process counts of events and commands, for Prometheus; `docs/reference/metrics.md` lists it all.

Counters and histograms are kept where things happen. The state of the service (lag, what is unpublished, what
failed) is read from `status` at each scrape, by the relay alone.
"""

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import prometheus_client
from django.db import Error, connection
from prometheus_client import CollectorRegistry, Counter, Histogram, exposition
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from shared_events.settings import event_settings
from shared_events.status import EventStatus, FollowedStatus, PublishedStatus, read_status

logger = logging.getLogger(__name__)

#: In seconds. Beyond a minute it doesn't matter by how much.
DELAYS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_DURATIONS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

RECORDED = Counter("events_recorded", "Events recorded and committed.", ["stream", "event_type"])
PUBLISHED = Counter("events_published", "Events that the broker has confirmed.", ["stream"])
APPLIED = Counter("events_applied", "Events whose effect is committed.", ["stream", "event_type"])
EFFECT_DELAY = Histogram(
    "events_effect_delay_seconds",
    "From an event's recording to the commit of its effect here; not of the past.",
    ["stream"],
    buckets=DELAYS,
)
FAILED = Counter("events_failed", "Attempts of an event's handlers that failed.", ["stream", "event_type"])
CATCH_UP_PAGES = Counter("events_catch_up_pages", "Pages of catch-up that were sent.", ["stream"])
REDRIVES = Counter("events_redrives", "Parked events that were tried again.", ["outcome"])
COMMANDS_SENT = Counter("commands_sent", "Commands that the broker has confirmed.", ["task"])
COMMANDS_FINISHED = Counter("commands_finished", "Commands that have ended.", ["task", "outcome"])
COMMAND_DURATION = Histogram("command_duration_seconds", "Run time of a command.", ["task"], buckets=DELAYS)
COMMAND_LATENESS = Histogram(
    "command_lateness_seconds", "How long after its due time a command begins.", ["task"], buckets=DELAYS
)
PUBLISH_DURATION = Histogram(
    "broker_publish_duration_seconds", "From publishing to the broker's confirmation.", buckets=_DURATIONS
)
PUBLISH_FAILURES = Counter("broker_publish_failures", "Messages that the broker hasn't confirmed.")
SWEEP_ROWS = Counter("sweep_rows", "Rows that a sweep took care of.", ["sweep"])
SWEEP_FAILURES = Counter("sweep_failures", "Runs of a sweep that failed.", ["sweep"])


@dataclass(frozen=True)
class Gauge:
    """A value read at a scrape: its name, a help text, and the value; `stream` where it is of one."""

    name: str
    text: str
    value: float | None
    stream: str = ""


#: Reads gauges from the service's own database.
Reader = Callable[[], Iterable[Gauge]]

_readers: list[Reader] = []


def at_scrape(reader: Reader) -> Reader:
    """Decorator: have the service's relay read these gauges whenever it is scraped. It may only read."""
    _readers.append(reader)
    return reader


def serve(address: str, *, with_state: bool) -> None:
    """Serve this process's metrics at `host:port`; with the service's state where `with_state`.

    Where PROMETHEUS_MULTIPROC_DIR is set, what all processes have written there is served as one. Raises
    OSError for an address that can't be had.
    """
    registry = prometheus_client.REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    if with_state:
        registry.register(StateCollector())
    host, _, port = address.rpartition(":")
    # A successor listens while its predecessor still finishes what it has in hand.
    exposition.ThreadingWSGIServer.allow_reuse_port = True
    prometheus_client.start_http_server(int(port), host, registry)


def serve_as_configured(*, with_state: bool) -> None:
    """Serve the metrics where `metrics_bind` says; a process that can't works without being seen."""
    address = event_settings().metrics_bind
    if not address:
        return
    try:
        serve(address, with_state=with_state)
    except (OSError, ValueError) as error:
        logger.error("No metrics at %s: %s", address, error)


class StateCollector(Collector):
    """Reads the state of the service's events, and what its own readers add, at each scrape."""

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Name nothing ahead, so that registering reads nothing."""
        return ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges; only that the database can't be read where it is so."""
        gauges: list[GaugeMetricFamily] = []
        try:
            gauges = list(_families((*_of_events(read_status()), *_of_readers())))
        except Error:
            gauges = []
        finally:
            # A thread of its own answers each scrape.
            connection.close()
        yield GaugeMetricFamily(
            "service_state_up", "Whether the service's state could be read for this scrape.", bool(gauges)
        )
        yield from gauges


def _families(gauges: Iterable[Gauge]) -> Iterable[GaugeMetricFamily]:
    """Return the gauges by name; an age of nothing is 0."""
    families: dict[str, GaugeMetricFamily] = {}
    for gauge in gauges:
        labels = {"stream": gauge.stream} if gauge.stream else {}
        family = families.setdefault(gauge.name, GaugeMetricFamily(gauge.name, gauge.text, labels=[*labels]))
        family.add_metric([*labels.values()], float(gauge.value or 0))
    return families.values()


def _of_readers() -> Iterator[Gauge]:
    for reader in _readers:
        yield from reader()


def _of_events(status: EventStatus) -> Iterator[Gauge]:
    for name, text, value in (
        ("events_parked", "Events that are tried again, or wait behind one.", status.parked_events),
        ("events_oldest_parked_age_seconds", "Age of the oldest.", status.oldest_parked_event_seconds),
        ("events_dead_letters", "Events that wait for a person.", status.dead_letters),
        ("events_oldest_dead_letter_age_seconds", "Age of the oldest.", status.oldest_dead_letter_seconds),
        ("events_skipped_ranges", "Skipped positions that wait for a person.", len(status.skipped)),
        ("events_relay_lease_held", "Whether a relay holds the lease.", status.lease.is_held),
        ("commands_waiting", "Commands that wait for the broker.", status.unsent_commands),
        ("commands_oldest_waiting_age_seconds", "Age of the oldest.", status.oldest_unsent_command_seconds),
    ):
        yield Gauge(name, text, value)
    for published in status.published:
        yield from _of_stream(published, _PUBLISHED_GAUGES)
    for followed in status.followed:
        yield from _of_stream(followed, _FOLLOWED_GAUGES)


#: Gauges of a stream: a name, a help text, and the field of its status.
_PUBLISHED_GAUGES = (
    ("events_stream_head", "The highest position given.", "head"),
    ("events_unpublished", "Events that the broker hasn't confirmed.", "unpublished_events"),
    ("events_oldest_unpublished_age_seconds", "Age of the oldest.", "oldest_unpublished_seconds"),
)
_FOLLOWED_GAUGES = (
    ("events_stream_position", "The position up to which a stream is applied.", "position"),
    ("events_stream_halted", "Whether a followed stream is halted.", "is_halted"),
)


def _of_stream(
    row: PublishedStatus | FollowedStatus, gauges: Iterable[tuple[str, str, str]]
) -> Iterator[Gauge]:
    for name, text, field in gauges:
        yield Gauge(name, text, getattr(row, field), row.stream)
