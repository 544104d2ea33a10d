"""Every exchange and queue of one service, named and shaped in one place.

Queue arguments never change under a name: a new shape is a new version of the name.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from amqp import NotFound
from kombu import Connection, Exchange, Queue
from kombu.transport import virtual
from kombu.transport.native_delayed_delivery import (
    CELERY_DELAYED_DELIVERY_EXCHANGE,
    bind_queue_to_native_delayed_delivery_exchange,
    declare_native_delayed_delivery_exchanges_and_queues,
)

from shared_events.settings import EventSettings
from shared_events.transport import names

DOMAIN_EVENTS = Exchange(names.DOMAIN_EVENTS, type="topic", durable=True)
CATCH_UP = Exchange(names.CATCH_UP, type="topic", durable=True)

#: Where countdowns come out again.
_DELIVERY = Exchange(CELERY_DELAYED_DELIVERY_EXCHANGE, type="topic", durable=True)

#: Batches that may wait for a consumer, and their bytes; older ones are dropped, and catch-up brings them
#: again.
EVENTS_LIMIT, BYTES_LIMIT = 10_000, 128 * 2**20
_BOUNDED: dict[str, Any] = {
    "x-max-length": EVENTS_LIMIT,
    "x-max-length-bytes": BYTES_LIMIT,
    "x-overflow": "drop-head",
}


def inbox_exchange(service: str) -> Exchange:
    """Return the exchange on which `service` gets answers to its catch-up requests."""
    return Exchange(names.inbox_name(service), type="topic", durable=True)


class StreamsQueue(Queue):
    """A queue bound to its exchange by several keys.

    kombu's own `bindings` don't fit: Celery gives a queue that has them the commands exchange as well.
    """

    attrs = (*Queue.attrs, ("streams", list))
    streams: ClassVar[list[str]] = []

    def _create_exchange(self, nowait: bool = False, channel: Any = None) -> None:  # noqa: FBT001, FBT002
        """Leave the exchange to `declare`: a worker that starts must not declare what all services share.

        Transports without a broker know only the exchanges that their own process has declared.
        """
        if isinstance(channel or self.channel, virtual.Channel):
            super()._create_exchange(nowait=nowait, channel=channel)

    def queue_bind(self, nowait: bool = False, channel: Any = None) -> None:  # noqa: FBT001, FBT002
        """Bind the queue to each of its streams."""
        for stream in self.streams:
            self.bind_to(self.exchange, stream, channel=channel, nowait=nowait)


@dataclass(frozen=True)
class Topology:
    """The queues of one service. `events` and `inbox` are absent in a service that follows nothing."""

    commands: Queue
    catch_up: Queue | None
    events: Queue | None
    inbox: Queue | None

    def for_worker(self, role: str) -> list[Queue]:
        """Return the queues that the `events` or the `commands` worker takes from."""
        wanted = (self.events, self.inbox) if role == "events" else (self.commands, self.catch_up)
        return [queue for queue in wanted if queue is not None]

    def all(self) -> list[Queue]:
        """Return every queue."""
        return [*self.for_worker("commands"), *self.for_worker("events")]


def topology_of(settings: EventSettings, followed: list[str], *, quorum: bool) -> Topology:
    """Return the service's queues; `quorum` adds what only RabbitMQ understands."""
    service, published = settings.service, list(settings.publishes)
    bounded = {"x-queue-type": "quorum", **_BOUNDED} if quorum else {}
    alone = {**bounded, "x-single-active-consumer": True} if quorum else {}
    catch_up = events = inbox = None
    if published:
        catch_up = _streams_queue(names.queue_name(service, "catch_up"), CATCH_UP, published, bounded)
    if followed:
        keys = [*followed, names.REDRIVE_KEY]
        events = _streams_queue(names.queue_name(service, "events"), DOMAIN_EVENTS, followed, alone)
        inbox = _streams_queue(names.queue_name(service, "inbox"), inbox_exchange(service), keys, alone)
    commands = _commands_queue(service, quorum=quorum)
    return Topology(commands=commands, catch_up=catch_up, events=events, inbox=inbox)


def _streams_queue(name: str, exchange: Exchange, keys: list[str], arguments: dict[str, Any]) -> Queue:
    return StreamsQueue(
        name, exchange, routing_key=keys[0], streams=keys, durable=True, queue_arguments=arguments
    )


def _commands_queue(service: str, *, quorum: bool) -> Queue:
    # A topic exchange and a key equal to the queue's name: native delayed delivery requires both.
    name = f"{service}.commands.v1"
    exchange = Exchange(f"{service}.commands", type="topic", durable=True)
    arguments = {"x-queue-type": "quorum"} if quorum else {}
    return Queue(name, exchange, routing_key=name, durable=True, queue_arguments=arguments)


def declare(connection: Connection, topology: Topology, settings: EventSettings, *, quorum: bool) -> None:
    """Declare all of it on the broker; repeating it changes nothing.

    What all services share is made only where it is missing: who may not delete it may not declare it either.
    """
    for exchange in (DOMAIN_EVENTS, CATCH_UP):
        if not (quorum and _exists(connection, exchange)):
            exchange(connection.default_channel).declare()
    if quorum and not _exists(connection, _DELIVERY):
        declare_native_delayed_delivery_exchanges_and_queues(connection, "quorum")
    channel = connection.channel()
    inbox_exchange(settings.service)(channel).declare()
    for queue in topology.all():
        queue(channel).declare()
    channel.close()
    if quorum:
        bind_queue_to_native_delayed_delivery_exchange(connection, topology.commands)


def _exists(connection: Connection, exchange: Exchange) -> bool:
    channel = connection.channel()
    try:
        exchange(channel).declare(passive=True)
    except NotFound:  # the broker has closed the channel
        return False
    channel.close()
    return True
