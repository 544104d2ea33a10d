"""`up`: start what isn't running, say how it goes, and hand out the addresses."""

import contextlib
import dataclasses
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from local_stack.console import errors, out
from local_stack.environment import overrides_from
from local_stack.stack import DEFAULT_HOLD_SECONDS, Stack
from local_stack.supervisor import step_cache, summary
from local_stack.supervisor.control_client import Supervision
from local_stack.supervisor.launch import (
    DidNotStart,
    ProcessStatus,
    launch,
    locked,
    plan,
    shut_down,
    wait_until_ready,
    without_rabbitmq,
)
from local_stack.systems import System
from local_stack.systems.marketplace import MARKETPLACE
from local_stack.user_errors import UserError

#: Seconds between two words about a process that takes long to start.
_SAY_EVERY = 30.0


@dataclass(frozen=True, kw_only=True)
class UpOptions:
    """The options of `up`; None where the user gave none."""

    run_dir: Path
    system: System = MARKETPLACE
    broker: str | None = None
    port: int | None = None
    hold_seconds: int | None = None
    reload: bool = False
    foreground: bool = False
    dashboard: bool | None = None


class SomethingElseHere(UserError):
    """The run directory belongs to a stack of another system."""


class LiveKey(UserError):
    """The environment holds a Stripe key that moves real money."""


def up(options: UpOptions) -> int:
    """Bring the stack up and return the exit code. Interrupted on the way, it takes down what it started."""
    started = time.monotonic()
    overrides = overrides_from(os.environ, options.system)
    _refuse_live_key(overrides)
    _refuse_another_system(options)
    with _interruptible(), locked(options.run_dir):
        running = _running(options.run_dir)
        if running and not _must_change(running, options, overrides):
            return _repair(running, started)
        if running:
            shut_down(running)
            options = _completed(options, running)
        stack = _start(options, overrides)
        if stack is None:
            return 1
    summary.show(stack, seconds=time.monotonic() - started)
    return _stay(stack) if options.foreground else 0


def _running(run_dir: Path) -> Stack | None:
    """Return the stack whose supervisor answers; what a dead supervisor left behind is ended."""
    stack = Stack.load(run_dir)
    if stack is None or Supervision(stack).is_running():
        return stack
    ended = shut_down(stack)
    if ended:
        out.print(f"Ended {ended} processes that an earlier stack left behind.")
    return None


def _must_change(running: Stack, options: UpOptions, overrides: Mapping[str, str]) -> bool:
    """Return whether what was requested differs from what runs; options not given stay as they are."""
    wanted = dataclasses.replace(
        _as_wished(running, options),
        overrides=overrides,
        code=step_cache.of_code(options.system),
        ports={**running.ports, "gateway": options.port or running.ports["gateway"]},
    )
    changes = wanted.settings_that_differ(running)
    if changes:
        out.print(f"Restarting: {', '.join(changes)}.")
    return bool(changes) or options.foreground


def _as_wished(running: Stack, options: UpOptions) -> Stack:
    """Return the stack that runs with the options that were given; all others stay as they are."""
    return dataclasses.replace(
        running,
        wanted_broker=options.broker or running.wanted_broker,
        hold_seconds=options.hold_seconds or running.hold_seconds,
        reload=options.reload or running.reload,
        dashboard=running.dashboard if options.dashboard is None else options.dashboard,
    )


def _completed(options: UpOptions, running: Stack) -> UpOptions:
    """Return the options with what the user said nothing about as it is in the stack that runs."""
    stack = _as_wished(running, options)
    return dataclasses.replace(
        options,
        broker=stack.wanted_broker,
        hold_seconds=stack.hold_seconds,
        reload=stack.reload,
        dashboard=stack.dashboard,
    )


def _repair(stack: Stack, started: float) -> int:
    """Start again whatever is stopped or failed, and wait until all is well."""
    supervision = Supervision(stack)
    ill = [process["name"] for process in supervision.status() if process["state"] not in {"running", "done"}]
    if ill:
        out.print(f"Repairing {', '.join(ill)}.")
    supervision.repair()
    try:
        with _progress() as report:
            wait_until_ready(stack, report)
    except DidNotStart as error:
        errors.print(f"[bold red]Not repaired:[/] {error}", markup=True)
        return 1
    summary.show(stack, seconds=time.monotonic() - started, was_running=not ill)
    return 0


def _start(options: UpOptions, overrides: Mapping[str, str]) -> Stack | None:
    stack = plan(
        options.run_dir,
        system=options.system,
        broker=options.broker or "auto",
        port=options.port,
        hold_seconds=options.hold_seconds or DEFAULT_HOLD_SECONDS,
        reload=options.reload,
        dashboard=options.dashboard is not False,
        overrides=overrides,
    )
    if stack.broker_note:
        out.print(f"Broker: {stack.broker}, since there is {stack.broker_note}", markup=False)
    try:
        return _launch_and_wait(stack, tied=options.foreground)
    except DidNotStart as error:
        errors.print(f"\n{error}", markup=False)
        errors.print(
            "\nWhat did start keeps running. Mend it and run `up` again, or `down` to stop everything."
        )
    return None


def _launch_and_wait(stack: Stack, *, tied: bool) -> Stack:
    """Start a supervisor and wait for all processes; do without RabbitMQ unless it was requested."""
    try:
        launch(stack, tied=tied)
        with _progress() as report:
            wait_until_ready(stack, report)
        return stack
    except KeyboardInterrupt:
        out.print("Stopping what was started.")
        shut_down(stack)
        raise
    except DidNotStart as error:
        if error.process not in {"rabbitmq", "epmd"} or stack.wanted_broker != "auto":
            raise
        errors.print(f"\n{error}", markup=False)
        errors.print("\n[bold red]Going on WITHOUT RabbitMQ, on the embedded broker.[/]")
        shut_down(stack)
        return _launch_and_wait(without_rabbitmq(stack, error), tied=tied)


@contextlib.contextmanager
def _progress() -> Iterator["Progress"]:
    if not out.is_terminal:
        yield Progress(lambda _: None)
        return
    with out.status("Starting") as status:
        yield Progress(status.update)


class Progress:
    """Prints a line for each process that gets ready, and shows which ones are on their way.

    Of one that takes long it says every half a minute what it is waiting for.
    """

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._began: dict[str, float] = {}
        self._said: dict[str, float] = {}

    def __call__(self, processes: list[ProcessStatus]) -> None:
        """Take one look at the processes."""
        for process in processes:
            name, state = process["name"], process["state"]
            if state == "starting":
                self._began.setdefault(name, process["since"])
                self._say_if_slow(name, time.time() - process["since"], process["detail"])
            elif state in {"running", "done"} and name in self._began:
                took = process["since"] - self._began.pop(name)
                out.print(f"  {name:<20} {'ready' if state == 'running' else 'done':<6} {took:5.1f} s")
        coming = [
            process["name"]
            for process in processes
            if process["state"] in {"starting", "restarting", "unready"}
        ]
        self._show(f"Starting {', '.join(coming)}" if coming else "Starting")

    def _say_if_slow(self, name: str, waited: float, detail: str) -> None:
        if waited > self._said.get(name, 0.0) + _SAY_EVERY:
            self._said[name] = waited
            why = f": {detail}" if detail else ""
            out.print(f"  {name:<20} still starting after {waited:.0f} s{why}", markup=False)


def _stay(stack: Stack) -> int:
    out.print("\nRunning in the foreground; Ctrl-C stops it.")
    try:
        with _interruptible():
            while Supervision(stack).is_running():
                time.sleep(1)
    except KeyboardInterrupt:
        out.print("Stopping.")
    shut_down(stack)
    return 0


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Treat SIGTERM and SIGHUP like Ctrl-C, so that they too leave nothing behind."""

    def interrupt(signum: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {signum: signal.signal(signum, interrupt) for signum in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def _refuse_another_system(options: UpOptions) -> None:
    known = Stack.load(options.run_dir)
    if known is not None and known.system != options.system:
        raise SomethingElseHere(
            f"{options.run_dir} holds the {known.system.name}, not the {options.system.name}. "
            "Choose another place with --run-dir."
        )


def _refuse_live_key(overrides: Mapping[str, str]) -> None:
    if overrides.get("STRIPE_API_KEY", "").startswith(("sk_live", "rk_live")):
        raise LiveKey("STRIPE_API_KEY is a live key: a local stack and its demo must never move real money.")
