"""`doctor`: look for what is wrong or soon will be, say how to mend it, and give advice."""

import importlib.metadata
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspection import status
from local_stack.backing import rabbitmq
from local_stack.backing.ports import holder_of, is_free
from local_stack.console import megabytes, out
from local_stack.stack import DEFAULT_GATEWAY_PORT, REPOSITORY, Stack
from local_stack.supervisor.control_client import NotAnswering, NotRunning, Supervision
from local_stack.supervisor.processes import leftovers, recorded
from local_stack.systems import System
from requirements import bootstrap
from requirements.locks import LOCKS, path_of, pins

_OLDEST_PYTHON = (3, 11)
_DISK_NEEDED = 2_000_000_000
_TOO_FAR_BEHIND = 1_000


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    `mend` is what to do about a problem. `advice` is what would make things better where nothing is wrong. A
    finding with neither is fine.
    """

    what: str
    mend: str = ""
    advice: str = ""


def doctor(run_dir: Path) -> int:
    """Print every finding, advice apart, and return the exit code: 1 when something needs mending."""
    found = [*_machine(run_dir), *_stack(run_dir)]
    advice = [finding for finding in found if finding.advice]
    problems = [finding for finding in found if finding.mend]
    for finding in found:
        if not finding.advice:
            _print("[red]✗[/]" if finding.mend else "[green]✓[/]", finding.what, finding.mend)
    if advice:
        out.print("\nAdvice")
    for finding in advice:
        _print("[yellow]-[/]", finding.what, finding.advice)
    without_problems = "Nothing to mend." if advice else "All is well."
    out.print(f"\n{len(problems)} to mend" if problems else f"\n{without_problems}")
    return 1 if problems else 0


def _print(mark: str, what: str, remedy: str) -> None:
    out.print(mark, end=" ")
    out.print(what, markup=False)
    if remedy:
        out.print(f"    → {remedy}", markup=False)


def _machine(run_dir: Path) -> Iterator[Finding]:
    yield _python()
    yield from _packages()
    free = shutil.disk_usage(run_dir if run_dir.exists() else REPOSITORY).free
    yield Finding(
        f"{megabytes(free)} of disk space", "" if free > _DISK_NEEDED else "Free some: 2 GB is what it wants."
    )
    if rabbitmq.server_script():
        yield Finding("RabbitMQ is installed")
    else:
        yield Finding(
            "RabbitMQ isn't installed; the embedded broker takes its place",
            advice=rabbitmq.INSTALL_COMMAND,
        )


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    old = sys.version_info < _OLDEST_PYTHON
    return Finding(
        f"Python {version}", "Install Python 3.11 or newer, remove .venv, run again." if old else ""
    )


def _packages() -> Iterator[Finding]:
    """Compare what is installed with the lock file that it was installed from."""
    lock = next((name for name in reversed(LOCKS) if bootstrap.is_installed(name)), LOCKS[0])
    wanted = [pin for pin in pins(path_of(lock).read_text()) if not pin.conditional]
    wrong = [f"{pin.name} {pin.version}" for pin in wanted if _installed(pin.name) != pin.version]
    if wrong:
        what = f"packages differ from the lock file ({lock}): {', '.join(wrong[:5])}"
        yield Finding(what, "Remove .venv/installed-from and run any command.")
    else:
        yield Finding(f"packages as locked ({lock})")


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _stack(run_dir: Path) -> Iterator[Finding]:
    stack = Stack.load(run_dir)
    try:
        if stack is not None and Supervision(stack).status():
            yield from _running(stack)
            return
    except NotAnswering as error:
        yield Finding("the supervisor does not answer", str(error))
        return
    except NotRunning:
        pass
    if not is_free(DEFAULT_GATEWAY_PORT):
        holder = holder_of(DEFAULT_GATEWAY_PORT)
        yield Finding(
            f"port {DEFAULT_GATEWAY_PORT} is taken by {holder}",
            advice="Stop it, or let `up` choose another port, as it will.",
        )
    if stack is not None:
        yield from _stopped(stack)


def _stopped(stack: Stack) -> Iterator[Finding]:
    left = leftovers(stack)
    names = ", ".join(f"{process.name()} (pid {process.pid})" for process in left)
    yield Finding(
        f"processes without a supervisor: {names}" if left else "no processes left over",
        stack.system.command("down") if left else "",
    )
    stale = (
        (stack.run_dir / "processes.json").exists() and not recorded(stack.run_dir) and stack.socket.exists()
    )
    yield Finding(
        "traces of a supervisor that was killed" if stale else "the stack is not running",
        f"{stack.system.command('up')} (it cleans up first)" if stale else "",
    )


def _running(stack: Stack) -> Iterator[Finding]:
    try:
        report = status.report(stack)
    except NotRunning:
        return
    if stack.broker_problem:
        yield Finding(*stack.broker_problem)
    for process in report.parts:
        if process["state"] not in {"running", "done"}:
            yield Finding(
                f"{process['name']} is {process['state']}{': ' * bool(process['detail'])}{process['detail']}",
                f"{stack.system.command('logs')} {process['name']}, then {stack.system.command('up')}",
            )
        elif process["restarts"]:
            yield Finding(f"{status.restarted(process)}; it runs now")
    if report.healthy:
        yield Finding(f"all {len(report.parts)} processes run, {megabytes(report.memory)} of memory")
    for name, backlog in report.services.items():
        yield from _backlog(stack.system, name, backlog)


def _backlog(system: System, service: str, backlog: dict[str, Any]) -> Iterator[Finding]:
    events, logs = f"{system.command('manage')} {service} events", system.command("logs")
    if backlog["dead_letters"]:
        yield Finding(
            f"{service} has {backlog['dead_letters']} dead letters", f"{events} dead-letters --redrive all"
        )
    if backlog["halted"]:
        yield Finding(f"{service} halted {backlog['halted']} streams", f"{events} resume --help")
    if backlog["skipped"]:
        yield Finding(
            f"{service} has skipped events {backlog['skipped']} times, and none is settled",
            f"{events} skipped",
        )
    if backlog["relay_away"] is not None:
        yield Finding(
            f"{service} publishes nothing: no relay has held the lease for {backlog['relay_away']:.0f} s",
            f"{logs} {service}.relay",
        )
    for what in ("unpublished", "behind"):
        count = backlog[what]
        if count is None:
            yield Finding(f"{service}'s database doesn't answer", f"{logs} postgres")
            return
        if count > _TOO_FAR_BEHIND:
            worker = "relay" if what == "unpublished" else "events"
            yield Finding(f"{service} has {count} events {what}", f"{logs} {service}.{worker}")
