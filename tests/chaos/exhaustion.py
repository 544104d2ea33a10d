"""A broker or a database that has run out of disk or memory, or is stuck since it had."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from local_stack.backing import broker_probe, postgres, rabbitmq
from local_stack.environment import rabbitmq_url
from tests.chaos.faults import Unexpected
from tests.chaos.outage import go_on_without_broker
from tests.chaos.small_disk import filled, small_disk
from tests.running_stack import RunningStack, wait_for

_FULL_SECONDS, _DATABASE_FULL_SECONDS, _ALARM_SECONDS = 50.0, 20.0, 30.0
#: Seconds after which `status` must say what is wrong. A look at the broker waits for several answers of 5 s
#: each, and one that began just before may still end well.
_NOTICED = 45.0
#: Until a broker that is stuck has been noticed, ended and started.
_MENDED = 120.0
#: Bytes on the small disks, beside what is there; the broker wants some of it kept free.
_ROOM_FOR_BROKER, _ROOM_FOR_FILES, _ROOM_FOR_DATABASE = 120_000_000, 20_000_000, 400_000_000


def broker_stuck(stack: RunningStack, times: int) -> None:
    """Take RabbitMQ's quorum queues down while its port answers, and wait until it has been started anew."""
    before = stack.process("rabbitmq")["restarts"]
    rabbitmq.rabbitmqctl(stack.stack, "eval", "supervisor:terminate_child(ra_systems_sup, quorum_queues).")
    _wait_until_shown(stack, "the broker confirms nothing")
    wait_for(
        lambda: stack.process("rabbitmq")["restarts"] > before,
        within=_MENDED,
        what="the broker started again",
    )


def memory_alarm(stack: RunningStack, times: int) -> None:
    """Have RabbitMQ accept no messages for want of memory: users go on, and it isn't restarted."""
    go_on_without_broker(stack, _ALARM_SECONDS, out_of_memory(stack))


def broker_disk_full(stack: RunningStack, times: int) -> None:
    """Fill RabbitMQ's disk: users go on, it isn't restarted, and it works once there is room."""
    data = rabbitmq.data_of(stack.stack)
    with small_disk(stack, data, "rabbitmq", room=_ROOM_FOR_BROKER):
        go_on_without_broker(stack, _FULL_SECONDS, _out_of_disk(stack, data))
        wait_for(lambda: _confirms(stack), within=_MENDED, what="a broker that confirms")


def files_disk_full(stack: RunningStack, times: int) -> None:
    """Fill the disk of the embedded broker; people go on."""
    files = stack.run_dir / "broker"
    with small_disk(stack, files, room=_ROOM_FOR_FILES):
        go_on_without_broker(stack, _FULL_SECONDS, filled(files))


def database_disk_full(stack: RunningStack, times: int) -> None:
    """Fill Postgres's disk; what people ask for meanwhile is refused, or waits."""
    data = postgres.cluster_of(stack.stack, stack.credentials).data
    with small_disk(stack, data, "postgres", room=_ROOM_FOR_DATABASE):
        with filled(data):
            time.sleep(_DATABASE_FULL_SECONDS)
        wait_for(
            lambda: stack.process("postgres")["state"] == "running",
            within=_MENDED,
            what="a database that answers",
        )


@contextlib.contextmanager
def out_of_memory(stack: RunningStack) -> Iterator[None]:
    """Have RabbitMQ's memory alarm stand for the length of a `with` block.

    Raises Unexpected where it is restarted meanwhile.
    """
    with _left_alone(stack):
        rabbitmq.rabbitmqctl(stack.stack, "set_vm_memory_high_watermark", "absolute", "1")
        try:
            _wait_until_shown(stack, "alarm stands")
            yield
        finally:
            rabbitmq.rabbitmqctl(stack.stack, "set_vm_memory_high_watermark", rabbitmq.MEMORY_WATERMARK)


@contextlib.contextmanager
def _out_of_disk(stack: RunningStack, data: Path) -> Iterator[None]:
    with _left_alone(stack), filled(data):
        _wait_until_shown(stack, "its disk is full")
        yield


@contextlib.contextmanager
def _left_alone(stack: RunningStack) -> Iterator[None]:
    """See to it that the broker isn't started anew, which would mend nothing."""
    before = stack.process("rabbitmq")["pid"]
    yield
    if stack.process("rabbitmq")["pid"] != before:
        raise Unexpected("the broker was started anew, though a new start could mend nothing")


def _wait_until_shown(stack: RunningStack, words: str) -> None:
    wait_for(
        lambda: words in stack.process("rabbitmq")["detail"],
        within=_NOTICED,
        what=f"`status` saying of rabbitmq: {words}",
    )


def _confirms(stack: RunningStack) -> bool:
    address = rabbitmq_url(stack.stack, stack.credentials, rabbitmq.PROBE)
    return broker_probe.problem(address, rabbitmq.data_of(stack.stack)) is None
