"""How the drill breaks things: what a fault is, and the ways to kill, stop, delay and forge."""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from inspection.event_replay import replay
from local_stack.backing import rabbitmq
from local_stack.stack import REPOSITORY
from shared_events.transport.names import queue_name
from tests.chaos.outage import absent
from tests.load.listings import list_many
from tests.running_stack import RunningStack, wait_for

#: Brings a fault about, so many times.
Break = Callable[[RunningStack, int], None]

_PATIENCE = 90


class Unexpected(Exception):
    """A fault could not be brought about, or what must be refused was let through."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that breaks. `quick` ones are part of `drill --quick`; `only` names the broker it takes.

    `mounts` ones give a part a small disk of its own, which takes root on Linux.
    """

    name: str
    where: str
    act: Break
    times: int = 1
    quick: bool = False
    only: str = ""
    mounts: bool = False


def kill_at(part: str, point: str, *, chance: float = 0.2) -> Break:
    """Have a process kill itself at a failpoint until that has happened so many times.

    Nothing waits until it is ready: it may reach the point before it is known to be.
    """

    def act(stack: RunningStack, times: int) -> None:
        before = stack.process(part)["restarts"]
        with stack.overriding(part, {"EVENTS_FAILPOINTS": f"{point}=kill:{chance}"}, wait=False):
            wait_for(
                lambda: stack.process(part)["restarts"] - before >= times,
                within=_PATIENCE,
                what=f"{part} dying {times} times at {point}",
            )

    return act


def kill_web_at(part: str, point: str) -> Break:
    """The same for gunicorn, whose master replaces its dead workers."""

    def deaths(stack: RunningStack) -> int:
        return stack.log(part, 10_000).count("was sent SIGKILL")

    def act(stack: RunningStack, times: int) -> None:
        with stack.overriding(part, {"EVENTS_FAILPOINTS": f"{point}=kill:0.3"}):
            before = deaths(stack)
            wait_for(
                lambda: deaths(stack) - before >= times,
                within=_PATIENCE,
                what=f"{part} dying {times} times at {point}",
            )

    return act


def slow_at(part: str, point: str, *, seconds: float) -> Break:
    """Have a process dawdle at a failpoint for a while."""

    def act(stack: RunningStack, times: int) -> None:
        with stack.overriding(part, {"EVENTS_FAILPOINTS": f"{point}=wait:0.5:0.5"}):
            time.sleep(seconds)

    return act


def kill(part: str, signum: signal.Signals = signal.SIGKILL) -> Break:
    """Kill a process from outside, wherever it is just then."""

    def act(stack: RunningStack, times: int) -> None:
        for _ in range(times):
            pid = stack.kill(part, signum)
            stack.wait_until_replaced(part, pid)

    return act


def away(*parts: str, seconds: float) -> Break:
    """Stop parts, and start them again after a while."""

    def act(stack: RunningStack, times: int) -> None:
        with absent(stack, *parts):
            time.sleep(seconds)

    return act


def wipe_broker(stack: RunningStack, times: int) -> None:
    """Let the broker forget everything."""
    if stack.stack.broker == "embedded":
        for folder in (stack.run_dir / "broker").glob("queues/*"):
            shutil.rmtree(folder, ignore_errors=True)
        return
    stack.stop("rabbitmq")
    shutil.rmtree(rabbitmq.data_of(stack.stack))
    stack.start("rabbitmq")


def delete_queues(stack: RunningStack, times: int) -> None:
    """Delete the queues of two services, as each of them may."""
    for service in ("orders", "tickets"):
        with rabbitmq.connect(stack.broker_url(service)) as connection:
            channel = connection.channel()
            for name in ("events", "inbox", "catch_up", "commands"):
                channel.queue_delete(queue_name(service, name))


def fault_injection(service: str, *arguments: str, refused: bool = False) -> Break:
    """Do something on the way with a service's credentials; `refused`: the broker must forbid it."""

    def act(stack: RunningStack, times: int) -> None:
        command = (
            sys.executable,
            "-m",
            "tests.chaos.fault_injection",
            service,
            *arguments,
            "--times",
            str(times),
        )
        done = subprocess.run(
            command,
            env=stack.environment(service),
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        if refused and "ACCESS_REFUSED" not in done.stderr:
            raise Unexpected(f"the broker let {service} do this: {' '.join(arguments)}")
        if done.returncode and not refused:
            raise Unexpected(done.stderr[-1000:])

    return act


def replay_all(stack: RunningStack, times: int) -> None:
    """Have every service take every event of every stream once more."""
    for service in stack.stack.system.stateful:
        for stream in service.follows if service.name not in {"audit", "late_subscriber"} else ():
            replay(stack.stack, service.name, stream, 1)


def fall_behind(stack: RunningStack, times: int) -> None:
    """Let subscribers miss ten thousand events."""
    with absent(stack, "orders.events", "audit.events"):
        list_many(stack, 10_000)
