"""The relay: the one process of a service that carries its log and its commands to the broker.

A round numbers what has committed, publishes it in order and marks what the broker confirmed. A crash
between publishing and marking repeats a batch, which the consumers' cursors make harmless.
"""

import logging
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Exists, QuerySet
from django.db.models.functions import Now

from shared_events import catch_up
from shared_events.bus.publisher import DELIVER, Publisher
from shared_events.bus.topology import DOMAIN_EVENTS
from shared_events.log import WAKE_CHANNEL
from shared_events.models import LoggedEvent, OutgoingCommand, PublishedStream, RelayLease
from shared_events.reading import envelopes_after
from shared_events.settings import EventSettings, event_settings

logger = logging.getLogger(__name__)

#: Rows numbered, and commands sent, in one round.
ROUND_SIZE = 1000
COMMANDS_PER_ROUND = 100
#: A round lasts at least this long, in seconds, so that load makes batches.
SHORTEST_ROUND = 0.01


class LeaseLost(Exception):
    """Another relay has taken over; this one must stop writing."""


@dataclass
class Lease:
    """The right to publish, with the fence that proves it. Times are the database's."""

    holder: UUID
    seconds: float
    fence: int = 0
    renewed: float = 0.0

    def hold(self) -> bool:
        """Take the lease when it is free, renew it when it is ours and ageing; return whether we hold it."""
        if self.fence and time.monotonic() - self.renewed < self.seconds / 3:
            return True
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE shared_events_relaylease
                SET fence = fence + (holder IS DISTINCT FROM %(me)s)::int, holder = %(me)s,
                    expires_at = clock_timestamp() + make_interval(secs => %(seconds)s)
                WHERE id = 1 AND (holder = %(me)s OR expires_at < clock_timestamp())
                RETURNING fence
                """,
                {"me": self.holder, "seconds": self.seconds},
            )
            row = cursor.fetchone()
        self.fence, self.renewed = (row[0] if row else 0), time.monotonic()
        return bool(self.fence)

    def release(self) -> None:
        """Let a spare relay take over at once."""
        RelayLease.objects.filter(holder=self.holder, fence=self.fence).update(holder=None, expires_at=Now())
        self.fence = 0


class Relay:
    """Publishes this service's log, sends its commands and asks for what its cursors lack."""

    def __init__(self, *, holder: UUID, publisher: Publisher | None = None) -> None:
        self.settings: EventSettings = event_settings()
        self.lease = Lease(holder=holder, seconds=self.settings.lease_seconds)
        self.publisher = publisher or Publisher(declares=True)
        self._next_asking = 0.0
        self._listening: Any = None

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. Whatever fails is logged and tried again, broker and database alike."""
        prepare()
        pause = 0.0
        while not stop.wait(pause):
            try:
                pause = self._step()
            except (OperationalError, InterfaceError) as error:
                logger.warning("The database is away: %s", error)
                connection.close()
                pause = 1.0
            except LeaseLost:
                logger.warning("Another relay has taken over")
            except Exception as error:
                logger.warning("Publishing failed, will try again: %s: %s", type(error).__name__, error)
                pause = 1.0
        self._leave()

    def _step(self) -> float:
        """Do a round when there is something to do, otherwise sleep; return the seconds to pause after it."""
        if not self.lease.hold():
            return 1.0
        began = time.monotonic()
        self.ask_for_missing()
        if self.round():
            return max(0.0, SHORTEST_ROUND - (time.monotonic() - began))
        self._sleep()
        return 0.0

    def round(self) -> int:
        """Number, publish and mark once; return how many events and commands went out.

        Raises LeaseLost, and what the broker or the database raise.
        """
        if not has_work():
            return 0
        for stream in self.settings.publishes:
            self._sequence(stream)
        return sum(self._publish(stream) for stream in self.settings.publishes) + self._send_commands()

    def _sequence(self, stream: str) -> None:
        """Give the next positions to what has committed, in row order, if the lease is still ours."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM shared_events_relaylease WHERE fence = %s FOR SHARE", [self.lease.fence]
            )
            if cursor.fetchone() is None:
                self.lease.fence = 0
                raise LeaseLost
            cursor.execute(
                """
                WITH stream AS (
                    SELECT head FROM shared_events_publishedstream WHERE stream = %(stream)s FOR UPDATE
                ), waiting AS (
                    SELECT id, row_number() OVER (ORDER BY id) AS nth FROM (
                        SELECT id FROM shared_events_loggedevent
                        WHERE position IS NULL AND stream = %(stream)s ORDER BY id LIMIT %(most)s) AS rows
                ), numbered AS (
                    UPDATE shared_events_loggedevent AS event SET position = stream.head + waiting.nth
                    FROM waiting, stream WHERE event.id = waiting.id RETURNING event.id
                )
                UPDATE shared_events_publishedstream SET head = head + (SELECT count(*) FROM numbered)
                WHERE stream = %(stream)s
                """,
                {"stream": stream, "most": ROUND_SIZE},
            )

    def _publish(self, stream: str) -> int:
        row = PublishedStream.objects.get(stream=stream)
        position = row.published
        while position < row.head:
            previous, batch = envelopes_after(stream, position, self.settings.batch_size)
            self.publisher.publish(
                DELIVER,
                {
                    "stream": stream,
                    "events": [envelope.to_wire() for envelope in batch],
                    "previous_id": str(previous.id) if previous else None,
                    # Not the log's end: what lies between is on its way, and nobody shall ask for it.
                    "head": batch[-1].position,
                },
                exchange=DOMAIN_EVENTS,
                key=stream,
            )
            position = batch[-1].position
        self._mark(stream, position)
        return position - row.published

    def _mark(self, stream: str, position: int) -> None:
        # Never backwards, and nothing at all once another relay holds the lease.
        PublishedStream.objects.filter(
            stream=stream, published__lt=position, pk__in=_streams_while_fenced(stream, self.lease.fence)
        ).update(published=position)

    def _send_commands(self) -> int:
        waiting = list(OutgoingCommand.objects.order_by("id")[:COMMANDS_PER_ROUND])
        sent: list[int] = []
        try:
            for command in waiting:
                self.publisher.command(
                    command.task, command.kwargs, at=command.at, correlation_id=command.correlation_id
                )
                sent.append(command.id)
        finally:
            OutgoingCommand.objects.filter(id__in=sent).delete()
        return len(sent)

    def ask_for_missing(self) -> None:
        """Now and then ask every publisher that we follow whether we have everything."""
        if time.monotonic() >= self._next_asking:
            self._next_asking = time.monotonic() + self.settings.anti_entropy_every
            catch_up.ask_all(self.publisher)

    def _sleep(self) -> None:
        """Wait for a commit's NOTIFY, or for the poll interval."""
        connection.ensure_connection()
        if connection.connection is not self._listening:
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {WAKE_CHANNEL}")
            self._listening = connection.connection
        for _ in connection.connection.notifies(timeout=self.settings.poll_every, stop_after=1):
            pass

    def _leave(self) -> None:
        self.publisher.close()
        with suppress(OperationalError, InterfaceError):  # it would run out by itself
            self.lease.release()
        connection.close()


def prepare() -> None:
    """Make the rows that a relay works on."""
    RelayLease.objects.get_or_create(id=1)
    for stream in event_settings().publishes:
        PublishedStream.objects.get_or_create(stream=stream)


def has_work() -> bool:
    """Return whether anything waits to be numbered, published or sent: one cheap query."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT EXISTS (SELECT FROM shared_events_loggedevent WHERE position IS NULL)
                OR EXISTS (SELECT FROM shared_events_publishedstream WHERE published < head)
                OR EXISTS (SELECT FROM shared_events_outgoingcommand)
            """
        )
        row: Sequence[Any] = cursor.fetchone()
    return bool(row[0])


def unpublished() -> int:
    """Return how many events of this service the broker has not confirmed yet."""
    behind = sum(row.head - row.published for row in PublishedStream.objects.all())
    return behind + LoggedEvent.objects.filter(position__isnull=True).count()


def _streams_while_fenced(stream: str, fence: int) -> QuerySet[PublishedStream, Any]:
    return PublishedStream.objects.filter(
        Exists(RelayLease.objects.filter(fence=fence)), stream=stream
    ).values("pk")
