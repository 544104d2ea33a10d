"""Processes by pid and start time, so that no signal of ours can reach a stranger who inherited a pid."""

import contextlib
import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import psutil

from local_stack.stack import Stack, write_private

#: Every process of a stack inherits this variable, with the stack's id and the process's name as its value.
MARKER = "LOCAL_STACK_PART"
_PROC = Path("/proc")
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Identity:
    """One process for all time: its pid and when it started, in a form that clock changes can't move."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """Return the identity of a live process, or None."""
        try:
            if not _PROC.exists():
                return cls(pid, str(psutil.Process(pid).create_time()))
            fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
            return None if fields[0] == "Z" else cls(pid, f"{_boot()}:{fields[19]}")
        except (OSError, psutil.Error):
            return None

    @property
    def alive(self) -> bool:
        """Return whether exactly this process still lives."""
        return Identity.of(self.pid) == self


@cache
def _boot() -> str:
    return (_PROC / "sys/kernel/random/boot_id").read_text().strip()


class Record:
    """The stack's processes on disk, for the `down` or `up` that comes after a supervisor was killed."""

    def __init__(self, run_dir: Path) -> None:
        self._path = run_dir / "processes.json"
        self._known: dict[str, Identity] = {}

    def keep(self, name: str, pid: int) -> None:
        """Write down that `name` runs as `pid`."""
        found = Identity.of(pid)
        if found is not None:
            self._known[name] = found
            self._write()

    def forget(self, name: str, pid: int) -> None:
        """Write down that `name` no longer runs as `pid`; a successor of another pid stays."""
        known = self._known.get(name)
        if known is not None and known.pid == pid:
            del self._known[name]
            self._write()

    def _write(self) -> None:
        write_private(self._path, json.dumps({name: asdict(one) for name, one in self._known.items()}))


def recorded(run_dir: Path) -> dict[str, Identity]:
    """Return the recorded processes that still live, by process; the supervisor's name is `supervisor`."""
    try:
        known: Mapping[str, dict[str, object]] = json.loads((run_dir / "processes.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    found = {name: Identity(int(str(one["pid"])), str(one["started"])) for name, one in known.items()}
    return {name: one for name, one in found.items() if one.alive}


def supervisor_of(stack: Stack) -> int | None:
    """Return the pid of the stack's supervisor, None where there is none. One that only starts counts."""
    known = recorded(stack.run_dir).get("supervisor")
    if known:
        return known.pid
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(MARKER) == f"{stack.id}:supervisor":
                return int(process.pid)
    return None


def leftovers(stack: Stack) -> list[psutil.Process]:
    """Return every live process of this stack: recorded ones, bearers of its mark, their descendants."""
    ours = {one.pid for one in recorded(stack.run_dir).values()}
    processes = {process.pid: process for process in psutil.process_iter()}
    parents: dict[int, int] = {}
    for pid, process in processes.items():
        with contextlib.suppress(psutil.Error, OSError):
            parents[pid] = process.ppid()
            if process.environ().get(MARKER, "").startswith(f"{stack.id}:"):
                ours.add(pid)
    for pid in parents:
        if ours.intersection(_line(pid, parents)):
            ours.add(pid)
    return [processes[pid] for pid in ours & processes.keys() - {os.getpid()} if Identity.of(pid)]


def _line(pid: int, parents: Mapping[int, int]) -> list[int]:
    """Return a process and its ancestors."""
    line = [pid]
    while (parent := parents.get(line[-1])) and parent not in line:
        line.append(parent)
    return line


def end(processes: Iterable[psutil.Process], *, grace: float) -> None:
    """Ask each process to end, wait up to `grace` seconds, and kill those that are left."""
    waiting = list(processes)
    for process in waiting:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, stubborn = psutil.wait_procs(waiting, timeout=grace)
    for process in stubborn:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(stubborn, timeout=5)


def end_group(group: int) -> None:
    """Kill what is left of a process group whose leader has ended."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def thaw_group(group: int) -> None:
    """Let what is stopped in a process group run on."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGCONT)


def dies_with_parent(signum: signal.Signals) -> Callable[[], None]:
    """Return what a child must call before exec to get `signum` when the process that started it dies.

    It does nothing but two system calls, so threads of the parent can't harm it. Only Linux can do that;
    elsewhere the record and the marker find such children later.
    """
    parent = os.getpid()
    if sys.platform != "linux":
        return lambda: None
    prctl = ctypes.CDLL(None).prctl

    def set_death_signal() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return set_death_signal
