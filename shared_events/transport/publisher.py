"""Publishing with confirms and deadlines, on a connection that is dropped after any error."""

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Any

from amqp import PreconditionFailed, RecoverableConnectionError
from celery import Celery
from django.utils import timezone
from kombu import Exchange
from opentelemetry.trace import SpanKind

from shared_events import failpoints, metrics, tracing
from shared_events.envelope import PublishedEnvelope
from shared_events.settings import event_settings
from shared_events.transport import topology as shapes
from shared_events.transport.app import celery_app, topology, uses_rabbitmq
from shared_events.transport.running_tasks import CORRELATION_HEADER

DELIVER = "shared_events.deliver"
DELIVER_BACKFILL = "shared_events.deliver_backfill"
CATCH_UP = "shared_events.catch_up"
REDRIVE = "shared_events.redrive"


#: Raised by a connection that was closed while it was idle. A broker that takes too long doesn't raise these.
_DIED = (ConnectionError, RecoverableConnectionError)


def is_too_large(error: Exception) -> bool:
    """Return whether the broker has refused a message for its size: it may allow less than we do."""
    return isinstance(error.__cause__ or error, PreconditionFailed)


class Publisher:
    """One connection to the broker; not to be shared between threads.

    Every method raises whatever the broker or the network raises, after dropping the connection: py-amqp
    could take an acknowledgement left over from a failed publish for the next one's.
    """

    def __init__(self, *, declares: bool = False) -> None:
        """With `declares` the service's topology is declared on each new connection."""
        self._app: Celery = celery_app()
        self._settings = event_settings()
        self._declares = declares
        self._connection: Any = None
        self._producer: Any = None

    def publish(
        self,
        task: str,
        kwargs: dict[str, Any],
        *,
        exchange: Exchange,
        key: str,
        expires: float | None = None,
        traceparent: str = "",
    ) -> None:
        """Send `task` to every queue bound to `key`, confirmed by the broker; it may expire, in seconds."""
        self._send(
            task,
            kwargs,
            exchange=exchange.name,
            routing_key=key,
            # On files a message to an unknown exchange is gone; on RabbitMQ others' exchanges aren't ours.
            declare=[] if uses_rabbitmq(self._settings) else [exchange],
            expires=expires,
            expiration=expires,
            headers={tracing.HEADER: traceparent},
        )

    def command(
        self,
        task: str,
        kwargs: dict[str, Any],
        *,
        at: datetime | None,
        correlation_id: str,
        traceparent: str = "",
    ) -> None:
        """Send `task` to this service's own commands queue, to run at `at` (whole seconds, never early)."""
        wait = (at - timezone.now()).total_seconds() if at else 0
        # A countdown under a second is an error in native delayed delivery, and fractions are cut off.
        countdown = max(1, ceil(wait)) if wait > 0 else None
        headers = {CORRELATION_HEADER: correlation_id, tracing.HEADER: traceparent}
        self._send(task, kwargs, countdown=countdown, headers=headers)

    def close(self) -> None:
        """Drop the connection without asking the broker for leave."""
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            connection.collect(socket_timeout=1)

    def _send(self, task: str, kwargs: dict[str, Any], **options: Any) -> None:
        """Send it; a connection that has died since it was last used is replaced once."""
        was_used = self._producer is not None
        with metrics.PUBLISH_FAILURES.count_exceptions(), metrics.PUBLISH_DURATION.time():
            try:
                self._send_once(task, kwargs, **options)
            except Exception as error:
                # kombu wraps what the network said.
                if not was_used or not isinstance(error.__cause__ or error, _DIED):
                    raise
                self._send_once(task, kwargs, **options)

    def _send_once(self, task: str, kwargs: dict[str, Any], **options: Any) -> None:
        try:
            self._app.send_task(
                task,
                kwargs=kwargs,
                producer=self._ready_producer(),
                retry=False,
                # Nothing reads Celery's text form of them, and each message would carry it.
                argsrepr="…",
                kwargsrepr="…",
                confirm_timeout=self._settings.confirm_timeout,
                **options,
            )
        except BaseException:
            self.close()
            raise

    def _ready_producer(self) -> Any:
        if self._producer is None:
            self._connection = self._app.connection_for_write(connect_timeout=2)
            # Once: `connect` would wait two seconds and try again, while the relay has its own pauses.
            self._connection.ensure_connection(max_retries=0)
            if self._declares:
                declare_topology(self._connection)
            self._producer = self._app.amqp.Producer(self._connection, auto_declare=False)
            _watch_for_confirms(self._producer.channel)
        return self._producer


def publish_events(
    publisher: Publisher,
    task: str,
    message: dict[str, Any],
    events: Sequence[PublishedEnvelope],
    *,
    exchange: Exchange,
) -> None:
    """Publish a message of one stream's events, in a span that is linked to what each was recorded in."""
    stream, traces = message["stream"], [event.traceparent for event in events]
    with tracing.span(
        f"publish {stream}",
        SpanKind.PRODUCER,
        parent=tracing.single(traces),
        links=traces,
        attributes={
            "messaging.destination.name": exchange.name,
            "messaging.batch.message_count": len(events),
            "event.first_position": events[0].position if events else 0,
        },
    ) as traceparent:
        publisher.publish(task, message, exchange=exchange, key=stream, traceparent=traceparent)


def _watch_for_confirms(channel: Any) -> None:
    """Have a channel reach its failpoint, where that is armed, between publishing and the broker's answer."""
    if not failpoints.is_armed("relay.unconfirmed"):
        return
    wait = channel.wait

    def reach_and_wait(*args: Any, **options: Any) -> Any:
        failpoints.reach("relay.unconfirmed")
        return wait(*args, **options)

    channel.wait = reach_and_wait


def declare_topology(connection: Any) -> None:
    """Declare this service's exchanges and queues."""
    settings = event_settings()
    shapes.declare(connection, topology(), settings, quorum=uses_rabbitmq(settings))
