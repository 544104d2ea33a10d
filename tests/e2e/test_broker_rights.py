"""Who may publish what: each line of the broker's permissions, and a client that tries to break it."""

import os
from collections.abc import Callable
from contextlib import closing
from urllib.parse import urlsplit

import amqp
import pytest

from local_stack.backing import rabbitmq
from tests.running_stack import RunningStack

pytestmark = pytest.mark.skipif(
    os.environ.get("STACK_BROKER") != "rabbitmq", reason="the embedded broker is a directory without users"
)

SERVICES = ("auth", "tickets", "orders", "payments")
DELAY = ".".join("0" * 27 + "1")


def _as(stack: RunningStack, service: str) -> amqp.Connection:
    return rabbitmq.connect(stack.broker_url(service), confirm_publish=True)


def publish(exchange: str, key: str) -> Callable[[amqp.Channel], object]:
    def act(channel: amqp.Channel) -> None:
        # A worker drops a message that isn't a task.
        channel.basic_publish_confirm(amqp.Message("{}"), exchange, key, confirm_timeout=5)

    return act


def read(queue: str) -> Callable[[amqp.Channel], object]:
    return lambda channel: channel.basic_get(queue)


def delete_queue(queue: str) -> Callable[[amqp.Channel], object]:
    return lambda channel: channel.queue_delete(queue)


def delete_exchange(exchange: str) -> Callable[[amqp.Channel], object]:
    return lambda channel: channel.exchange_delete(exchange)


def listen(queue: str, exchange: str, key: str) -> Callable[[amqp.Channel], object]:
    """Bind a queue of one's own to an exchange."""

    def act(channel: amqp.Channel) -> None:
        channel.queue_declare(queue, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
        try:
            channel.queue_bind(queue, exchange, key)
        finally:
            if channel.is_open:
                channel.queue_delete(queue)

    return act


ALLOWED = {
    "its own events": ("orders", publish("domain_events", "order")),
    "its own events into another's inbox": ("orders", publish("payments.inbox", "order")),
    "a request for a log that it follows": ("orders", publish("catch_up", "ticket")),
    "its own commands": ("orders", publish("orders.commands", "orders.commands.v1")),
    "its own commands for later": ("orders", publish("celery_delayed_27", f"{DELAY}.orders.commands.v1")),
    "a queue for a stream that it follows": ("orders", listen("orders.spare", "domain_events", "payment")),
}
REFUSED = {
    "another's events": ("tickets", publish("domain_events", "order")),
    "another's events into an inbox": ("tickets", publish("payments.inbox", "order")),
    "events into its own inbox": ("payments", publish("payments.inbox", "order")),
    "a request for a log that it doesn't follow": ("tickets", publish("catch_up", "payment")),
    "another's commands": ("tickets", publish("orders.commands", "orders.commands.v1")),
    "another's commands for later": ("tickets", publish("celery_delayed_27", f"{DELAY}.orders.commands.v1")),
    "another's commands, their delay over": (
        "tickets",
        publish("celery_delayed_delivery", "orders.commands.v1"),
    ),
    "another's key on its own commands": ("tickets", publish("tickets.commands", "orders.commands.v1")),
    "another's events queue": ("tickets", read("orders.events.v2")),
    "another's inbox": ("tickets", read("orders.inbox.v2")),
    "another's commands queue": ("tickets", read("orders.commands.v1")),
    "another's requests queue": ("tickets", read("orders.catch_up.v2")),
    "the delays": ("tickets", read("celery_delayed_0")),
    "a queue for a stream that it doesn't follow": (
        "tickets",
        listen("tickets.spare", "domain_events", "payment"),
    ),
    "a queue for all streams": ("tickets", listen("tickets.spare", "domain_events", "#")),
    "a queue for another's requests": ("tickets", listen("tickets.spare", "catch_up", "order")),
    "a queue at another's inbox": ("tickets", listen("tickets.spare", "orders.inbox", "user")),
    "a queue for another's countdowns": (
        "tickets",
        listen("tickets.spare", "celery_delayed_delivery", "#.orders.commands.v1"),
    ),
    "a queue of another's name": ("tickets", listen("orders.spare", "domain_events", "order")),
    "the deletion of another's queue": ("tickets", delete_queue("orders.events.v2")),
    "the deletion of the events exchange": ("tickets", delete_exchange("domain_events")),
    "the deletion of another's inbox": ("tickets", delete_exchange("orders.inbox")),
}


class TestAServicesUser:
    @pytest.mark.parametrize("what", ALLOWED)
    def test_may_have(self, stack: RunningStack, what: str) -> None:
        service, act = ALLOWED[what]
        with closing(_as(stack, service)) as connection:
            act(connection.channel())

    @pytest.mark.parametrize("what", REFUSED)
    def test_is_refused(self, stack: RunningStack, what: str) -> None:
        service, act = REFUSED[what]
        with closing(_as(stack, service)) as connection, pytest.raises(amqp.AccessRefused):
            act(connection.channel())

    @pytest.mark.parametrize("service", SERVICES)
    def test_has_a_password(self, stack: RunningStack, service: str) -> None:
        address = urlsplit(stack.broker_url(service)).netloc.rpartition("@")[2]
        with pytest.raises(amqp.AccessRefused):
            amqp.Connection(address, service, "guess", virtual_host="marketplace").connect()
