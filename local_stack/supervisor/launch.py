"""Bringing a stack up and down: what `up`, `down` and the tests have in common."""

import contextlib
import dataclasses
import fcntl
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from local_stack.backing import rabbitmq
from local_stack.backing.ports import choose_ports, why_not
from local_stack.credentials import credentials_of
from local_stack.environment import base_environment
from local_stack.stack import (
    DEFAULT_GATEWAY_PORT,
    REPOSITORY,
    Stack,
    port_names,
    url_of,
)
from local_stack.supervisor import activity, step_cache
from local_stack.supervisor.activity import Activity
from local_stack.supervisor.control_client import NotRunning, Supervision
from local_stack.supervisor.logs import last_life
from local_stack.supervisor.processes import MARKER, dies_with_parent, end, leftovers, supervisor_of
from local_stack.supervisor.waiting import after
from local_stack.systems import System
from local_stack.systems.marketplace import MARKETPLACE
from local_stack.user_errors import UserError

_STOP_PATIENCE = 60.0
_POLL = 0.15
#: Seconds for which a supervisor is not found before it counts as gone.
_GONE_AFTER = 2.0

ProcessStatus = dict[str, Any]


class BrokerMissing(UserError):
    """RabbitMQ was requested by name and isn't on this machine."""


class DidNotStart(Exception):
    """A process doesn't get ready; the message names it and shows the end of its log."""

    def __init__(self, process: str, reason: str, log: str) -> None:
        super().__init__(f"{process} {reason}.\n\n{log}")
        self.process, self.reason = process, reason


def plan(
    run_dir: Path,
    *,
    system: System = MARKETPLACE,
    broker: str = "auto",
    port: int | None = None,
    overrides: Mapping[str, str] | None = None,
    any_port: bool = False,
    **options: Any,
) -> Stack:
    """Return the stack that these options describe, on free ports; nothing is started or written.

    `options` are `hold_seconds`, `reload` and `dashboard` of Stack. Raises BrokerMissing, and PortTaken when
    `port` is in use.
    """
    before, overrides = Stack.load(run_dir), dict(overrides or {})
    chosen, note = _choose_broker(broker, overrides)
    known = before.ports if before else {}
    names = port_names(system)
    ports = choose_ports(run_dir, gateway=port, before=known, avoid_default=any_port, names=names)
    address_note = "" if port or any_port else _explain_address(known, ports)
    return Stack(
        run_dir=run_dir, id=before.id if before else secrets.token_hex(4), ports=ports,
        address_note=address_note, broker=chosen, wanted_broker=broker, broker_note=note,
        overrides=overrides, system_at=system.location, code=step_cache.of_code(system), **options,
    )  # fmt: skip


def _explain_address(before: Mapping[str, int], ports: Mapping[str, int]) -> str:
    """Return why the gateway's port isn't that of last time, at first not the usual one; else nothing."""
    wanted = before.get("gateway", DEFAULT_GATEWAY_PORT)
    if ports["gateway"] == wanted:
        return ""
    why = f"port {wanted} {why_not(wanted)}."
    if before:
        return f"THE ADDRESS HAS CHANGED: it was {url_of(wanted)}, but {why}"
    return f"NOT THE USUAL ADDRESS: {why}"


def _choose_broker(wanted: str, overrides: Mapping[str, str]) -> tuple[str, str]:
    if "BROKER_URL" in overrides:
        return "external", "BROKER_URL from your environment"
    installed = rabbitmq.server_script() is not None
    if wanted == "rabbitmq" and not installed:
        raise BrokerMissing(f"RabbitMQ isn't installed here. Install it with: {rabbitmq.INSTALL_COMMAND}")
    if wanted == "embedded" or not installed:
        return (
            "embedded",
            "" if wanted == "embedded" else f"no rabbitmq-server here: {rabbitmq.INSTALL_COMMAND}",
        )
    return "rabbitmq", ""


def without_rabbitmq(stack: Stack, failure: DidNotStart) -> Stack:
    """Return the same stack on the embedded broker, for when RabbitMQ doesn't come up."""
    note = f"{failure.process} {failure.reason}"
    return dataclasses.replace(stack, broker="embedded", broker_note=note, gave_up_rabbitmq=True)


@contextlib.contextmanager
def locked(run_dir: Path) -> Iterator[None]:
    """Let one command at a time start or stop things in a run directory; others wait."""
    # Root's Postgres runs as a user who must be able to pass through; nothing in here is readable for others.
    run_dir.mkdir(parents=True, exist_ok=True)
    run_dir.chmod(0o711 if os.geteuid() == 0 else 0o700)
    with (run_dir / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def launch(
    stack: Stack, *, tied: bool = False, supervisor: str = "local_stack.supervisor.run"
) -> subprocess.Popen[bytes]:
    """Write the stack down and start its supervisor, a module; with `tied` it ends when this process does."""
    for folder in ("log", "heartbeats", "keys", "broker", "caddy", "mail"):
        (stack.run_dir / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    credentials_of(stack.run_dir, stack.system)
    stack.save()
    command = [sys.executable, "-m", supervisor, str(stack.run_dir)]
    with stack.log_of("supervisor").open("ab") as log:
        return subprocess.Popen(
            [*command, "--tied", str(os.getpid())] if tied else command,
            env=base_environment() | {MARKER: f"{stack.id}:supervisor"},
            cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGTERM) if tied else None,  # noqa: PLW1509 (see there)
        )  # fmt: skip


def wait_until_ready(stack: Stack, report: Callable[[list[ProcessStatus]], None] = lambda _: None) -> None:
    """Wait until every process runs and every step is done, for as long as those that don't make progress.

    `report` sees each look. Raises DidNotStart.
    """
    supervision, silence = Supervision(stack), _Silence(stack)
    while True:
        try:
            processes = supervision.status()
        except NotRunning:
            silence.check()
            processes = []
        report(processes)
        if processes and all(process["state"] in {"running", "done"} for process in processes):
            return
        for process in processes:
            if process["hopeless"]:
                raise _failure(stack, process["name"], process["hopeless"])
        time.sleep(_POLL)


class _Silence:
    """A supervisor that does not answer: it starts, or something is wrong with it."""

    def __init__(self, stack: Stack) -> None:
        self._stack, self._began = stack, time.monotonic()
        self._signs: Activity | None = None
        self._gone_since = 0.0

    def check(self) -> None:
        """Raise DidNotStart where it is gone, or does not move."""
        pid = supervisor_of(self._stack)
        if pid is None:
            # Between its exec and its first instruction a process has no environment to be known by.
            self._gone_since = self._gone_since or time.monotonic()
            if time.monotonic() - self._gone_since < _GONE_AFTER:
                return
            raise _failure(self._stack, "supervisor", "has ended")
        self._gone_since = 0.0
        self._signs = self._signs or Activity(pid, self._stack.log_of("supervisor"))
        idle = self._signs.idle_seconds()
        if idle > activity.STALLED_AFTER:
            waited = time.monotonic() - self._began
            raise _failure(self._stack, "supervisor", f"does not answer {after(waited, idle)}")


def _failure(stack: Stack, process: str, reason: str) -> DidNotStart:
    return DidNotStart(process, reason, last_life(stack.log_of(process), 25))


def shut_down(stack: Stack) -> int:
    """Stop every process of the stack, however it was started; return how many there were."""
    found = {process.pid for process in leftovers(stack)}
    with contextlib.suppress(NotRunning):
        Supervision(stack).shut_down()
        deadline = time.monotonic() + _STOP_PATIENCE
        while time.monotonic() < deadline and leftovers(stack):
            time.sleep(_POLL)
    for grace in (10.0, 0.0):
        remaining = leftovers(stack)
        found |= {process.pid for process in remaining}
        end(remaining, grace=grace)
    return len(found)
