"""The relay: the one process of a service that carries its log and its commands to the broker.

A round numbers what has committed, publishes it in order and, now and then, marks what the broker confirmed.
A crash between publishing and marking repeats batches, which the consumers' cursors make harmless.
"""

import logging
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection
from django.db.models import Exists

from shared_events import catch_up, failpoints, heartbeat, metrics
from shared_events.envelope import PublishedEnvelope, cut, dump
from shared_events.errors import describe
from shared_events.inbox import redrive
from shared_events.inbox.subscriptions import followed_streams
from shared_events.models import OutgoingCommand, PublishedStream, RelayLease
from shared_events.outbox.lease import Lease, LeaseLost
from shared_events.outbox.log import WAKE_CHANNEL
from shared_events.outbox.log_reader import envelopes_after
from shared_events.outbox.scheduled_commands import ScheduledCommands
from shared_events.outbox.sequencer import (
    LowWaterMark,
    SequencedBatch,
    assign_positions,
    head_of,
    prepare_connection,
)
from shared_events.settings import EventSettings, event_settings
from shared_events.transport.names import REDRIVE_KEY
from shared_events.transport.publisher import DELIVER, REDRIVE, Publisher, is_too_large, publish_events
from shared_events.transport.topology import DOMAIN_EVENTS, inbox_exchange

logger = logging.getLogger(__name__)

#: Commands sent in one round.
COMMANDS_PER_ROUND = 100
#: After a round the relay rests for this share of the time that it took, so that load makes batches: a
#: subscriber needs about as long for the smallest. What commits after a pause goes out at once.
REST = 0.25
#: A round that took so long, in seconds, has made a batch, and needs no rest.
LONG_ROUND = 0.0075
#: How long after a question that could not be sent the next is tried, in seconds.
REQUEST_AGAIN_AFTER = 1.0
#: How often parked events are looked for whose time has come, in seconds.
REDRIVE_EVERY = 1.0
#: How long confirmed batches may stay unmarked, in seconds: each mark is a row version that snapshots keep.
MARK_EVERY = 0.25


@dataclass
class Progress:
    """How far a stream has positions, is confirmed by the broker (and by which event), and is marked so."""

    head: int
    confirmed: int
    confirmed_id: UUID | None
    marked: int


class Relay:
    """Publishes this service's log, sends its commands and requests what its cursors lack."""

    def __init__(self, *, holder: UUID, publisher: Publisher | None = None) -> None:
        self.settings: EventSettings = event_settings()
        self.lease = Lease(holder=holder, seconds=self.settings.lease_seconds)
        self.publisher = publisher or Publisher(declares=True)
        self._low_water_mark, self._command_low_water_mark, self._scheduled_commands = (
            LowWaterMark(),
            LowWaterMark(),
            ScheduledCommands(),
        )
        self._progress: dict[str, Progress] = {}
        self._next_marking = self._next_request = self._next_redriving = 0.0
        self._more_waits = False
        self._listening: Any = None

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. Whatever fails is logged and tried again, broker and database alike."""
        prepare()
        pause = 0.0
        while not stop.wait(pause):
            heartbeat.beat()
            try:
                pause = self._step()
            except (OperationalError, InterfaceError) as error:
                logger.warning("The database is away: %s", describe(error))
                connection.close()
                self._progress = {}  # what the statement in hand has done is not known
                pause = 1.0
            except LeaseLost:
                logger.warning("Another relay has taken over")
                self.lease.fence = 0
            except Exception as error:
                logger.warning("Publishing failed, will try again: %s", describe(error))
                pause = 0.5
        self._leave()

    def _step(self) -> float:
        """Do a round when there is something to do, otherwise sleep; return the seconds to pause after it."""
        held = bool(self.lease.fence)
        if not self.lease.hold():
            return 1.0
        if not held:
            self._progress = {}  # another relay may have published meanwhile
        self._listen()
        began = time.monotonic()
        self.request_missing()
        self.request_redrive()
        sent = self.round()
        if time.monotonic() >= self._next_marking:
            self.mark_published()
        if sent:
            time.sleep(_rest_after(time.monotonic() - began))
        if sent < COMMANDS_PER_ROUND and not self._more_waits:
            # A NOTIFY since the round began is kept for us: what committed meanwhile needn't wait.
            self._sleep()
        return 0.0

    def round(self) -> int:
        """Number and publish once; return how many events and commands went out.

        Raises LeaseLost, and what the broker or the database raise.
        """
        if not self._progress:
            self._progress = progress(self.settings.publishes)
        above, commands_above = self._low_water_mark.lower_bound(), self._command_low_water_mark.lower_bound()
        sequenced = assign_positions(above=above, commands_above=commands_above, fence=self.lease.fence)
        self._more_waits = not sequenced.is_complete
        if sequenced.count:
            self._note(sequenced)
        published = sum(self._publish(stream, sequenced.streams.get(stream, [])) for stream in self._progress)
        return published + (self._send_commands(commands_above) if sequenced.commands_wait else 0)

    def _note(self, sequenced: SequencedBatch) -> None:
        failpoints.reach("relay.sequenced")
        for stream, of in self._progress.items():
            if stream in sequenced.streams:
                of.head = sequenced.streams[stream][-1].position
        if sequenced.is_complete:
            self._low_water_mark.advance(done=sequenced.highest)

    def _publish(self, stream: str, sequenced: list[PublishedEnvelope]) -> int:
        """Publish what was sequenced just now, after what an earlier round may have left."""
        of, size = self._progress[stream], self.settings.batch_size
        began = of.confirmed
        first = sequenced[0].position if sequenced else of.head + 1
        while of.confirmed + 1 < first:
            _, left = envelopes_after(stream, of.confirmed, min(size, first - 1 - of.confirmed))
            self._publish_all(of, left)
        self._publish_all(of, sequenced)
        return of.confirmed - began

    def _publish_all(self, of: Progress, envelopes: list[PublishedEnvelope]) -> None:
        for batch in cut(envelopes, size=self.settings.batch_size, most_bytes=self.settings.batch_bytes):
            self._publish_batch(of, batch)

    def _publish_batch(self, of: Progress, batch: list[PublishedEnvelope]) -> None:
        """Publish a batch; in smaller ones, or without its data, where the broker allows less than we do."""
        try:
            self._publish_message(of, batch)
        except Exception as error:
            if not is_too_large(error) or batch[0].omitted_bytes:
                raise
            logger.error("The broker refuses a message of %d events: %s", len(batch), describe(error))
            half = len(batch) // 2
            smaller = [batch[:half], batch[half:]] if half else [[batch[0].without_data()]]
            for part in smaller:
                self._publish_batch(of, part)

    def _publish_message(self, of: Progress, batch: list[PublishedEnvelope]) -> None:
        message = {
            "stream": batch[0].stream,
            "events": dump(batch),
            "previous_id": str(of.confirmed_id) if of.confirmed_id else None,
            # Not the log's end: what lies between is on its way, and must not be requested.
            "head": batch[-1].position,
        }
        publish_events(self.publisher, DELIVER, message, batch, exchange=DOMAIN_EVENTS)
        failpoints.reach("relay.confirmed")
        metrics.PUBLISHED.labels(batch[0].stream).inc(len(batch))
        of.confirmed, of.confirmed_id = batch[-1].position, batch[-1].id

    def mark_published(self) -> None:
        """Write down how far the broker has confirmed."""
        self._next_marking = time.monotonic() + MARK_EVERY
        ours = RelayLease.objects.filter(fence=self.lease.fence)
        for stream, of in self._progress.items():
            if of.confirmed > of.marked:
                # Never backwards, and nothing at all once another relay holds the lease.
                behind = PublishedStream.objects.filter(stream=stream, published__lt=of.confirmed)
                behind.filter(Exists(ours)).update(published=of.confirmed)
                of.marked = of.confirmed

    def _send_commands(self, above: int) -> int:
        waiting = list(OutgoingCommand.objects.filter(id__gt=above).order_by("id")[:COMMANDS_PER_ROUND])
        sent: list[int] = []
        try:
            for command in waiting:
                if not self._scheduled_commands.is_scheduled(command):
                    self._send_command(command)
                sent.append(command.id)
        finally:
            OutgoingCommand.objects.filter(id__in=sent).delete()
        if 0 < len(waiting) < COMMANDS_PER_ROUND:
            self._command_low_water_mark.advance(done=waiting[-1].id)
        return len(sent)

    def _send_command(self, command: OutgoingCommand) -> None:
        try:
            self.publisher.command(
                command.task,
                command.kwargs,
                at=command.at,
                correlation_id=command.correlation_id,
                traceparent=command.traceparent,
            )
        except Exception as error:
            if not is_too_large(error):
                raise
            # A command may be lost, for a sweep stands behind it; those behind it must not wait for ever.
            logger.error("Gave up the command %s %d: %s", command.task, command.id, describe(error))
            return
        metrics.COMMANDS_SENT.labels(command.task).inc()
        self._scheduled_commands.remember(command)
        failpoints.reach("relay.command_sent")

    def request_missing(self) -> None:
        """Now and then request from every publisher that we follow what we lack."""
        if time.monotonic() >= self._next_request:
            self._next_request = time.monotonic() + REQUEST_AGAIN_AFTER  # unless the requests succeed now
            catch_up.request_missing(self.publisher)
            self._next_request = time.monotonic() + self.settings.anti_entropy_every

    def request_redrive(self) -> None:
        """Make our events worker, now and then, try what is parked and due: only it runs handlers."""
        if followed_streams() and time.monotonic() >= self._next_redriving:
            self._next_redriving = time.monotonic() + REDRIVE_EVERY
            if redrive.is_due():
                inbox = inbox_exchange(self.settings.service)
                self.publisher.publish(
                    REDRIVE, {}, exchange=inbox, key=REDRIVE_KEY, expires=2 * REDRIVE_EVERY
                )

    def _listen(self) -> None:
        connection.ensure_connection()
        if connection.connection is not self._listening:
            prepare_connection()
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {WAKE_CHANNEL}")
            self._listening = connection.connection

    def _sleep(self) -> None:
        """Wait for a commit's NOTIFY, or for the poll interval."""
        for _ in connection.connection.notifies(timeout=self.settings.poll_every, stop_after=1):
            pass

    def _leave(self) -> None:
        heartbeat.rest()
        self.publisher.close()
        with suppress(OperationalError, InterfaceError):  # both would mend themselves
            self.mark_published()
            self.lease.release()
        connection.close()


def _rest_after(took: float) -> float:
    return max(0.0, min(took * REST, LONG_ROUND - took))


def prepare() -> None:
    """Make the rows that a relay works on."""
    RelayLease.objects.get_or_create(id=1)
    for stream in event_settings().publishes:
        PublishedStream.objects.get_or_create(stream=stream)


def progress(streams: Iterable[str]) -> dict[str, Progress]:
    """Return how far each stream is, as stored in the database."""
    marked = dict(PublishedStream.objects.filter(stream__in=streams).values_list("stream", "published"))
    found: dict[str, Progress] = {}
    for stream in streams:
        at_mark, _ = envelopes_after(stream, marked[stream], 0)
        found[stream] = Progress(
            head_of(stream), marked[stream], at_mark.id if at_mark else None, marked[stream]
        )
    return found
