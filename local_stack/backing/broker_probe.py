"""Whether RabbitMQ does its work: takes a message into a quorum queue, confirms it, and gives it back.

RabbitMQ's own checks don't show it. After a full disk, for example, its quorum queues stay down until it is
restarted, while its ports answer, its alarms are gone and all its diagnostics pass.
"""

import shutil
from pathlib import Path
from uuid import uuid4

import amqp
from amqp.exceptions import MessageNacked

from local_stack.backing.rabbitmq import DISK_RESERVE, PROBE, PROBE_QUEUE, PROBE_QUEUE_LIMIT, connect
from local_stack.console import megabytes
from local_stack.supervisor.probes import Stuck
from shared_events.errors import describe

#: Seconds that the broker has for each answer.
DEADLINE = 5.0


class NotGivenBack(Exception):
    """The broker confirmed a message that then wasn't in the queue."""


def problem(address: str, data: Path) -> str | None:
    """Return why the broker at this address can't be used, or None; `data` is where it keeps its messages.

    It is Stuck only where a new start mends it: a broker that starts isn't, nor one without disk or memory.
    """
    blocked: list[str] = []
    connection = None
    try:
        connection = connect(
            address,
            connect_timeout=DEADLINE,
            read_timeout=DEADLINE,
            write_timeout=DEADLINE,
            confirm_publish=True,
            on_blocked=blocked.append,
        )
        _round_trip(connection)
        connection.close()
    except ConnectionRefusedError:
        return "nothing listens on its port yet"
    except (OSError, amqp.AMQPError, MessageNacked, NotGivenBack) as error:
        return _explain(error, data, is_blocked=bool(blocked))
    finally:
        if connection is not None:
            connection.collect()
    return None


def _round_trip(connection: amqp.Connection) -> None:
    channel, body = connection.channel(), uuid4().hex
    channel.basic_publish(
        amqp.Message(body, delivery_mode=2), PROBE, confirm_timeout=DEADLINE, timeout=DEADLINE
    )
    for _ in range(PROBE_QUEUE_LIMIT + 1):
        found = channel.basic_get(PROBE_QUEUE, no_ack=True)
        if found is None:
            break
        if found.body == body:
            return
    raise NotGivenBack(f"a message that it had confirmed was not in {PROBE_QUEUE}")


def _explain(error: Exception, data: Path, *, is_blocked: bool) -> str:
    free = shutil.disk_usage(data).free
    if free < DISK_RESERVE:
        return (
            f"the broker takes nothing in, since its disk is full: {megabytes(free)} free in {data}, "
            f"and it wants {megabytes(DISK_RESERVE)}. Free some; it goes on by itself"
        )
    if is_blocked:
        return (
            "the broker takes nothing in while its memory alarm stands, or its disk was full a moment ago; "
            "it goes on by itself"
        )
    return Stuck(f"the broker confirms nothing: {describe(error)}")
