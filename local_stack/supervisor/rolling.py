"""`restart`: every process of the services anew, each taking over before its predecessor stops."""

import importlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from local_stack.console import out
from local_stack.stack import Stack
from local_stack.supervisor.control_client import Supervision
from local_stack.user_errors import UserError

#: Readers of events before their writers, and what visitors meet last.
_ORDER = ("events", "commands", "relay", "web")


class NothingToRestart(UserError):
    """No process has the name that was given, or the system has no load to be restarted under."""


def restart(stack: Stack, names: Sequence[str], *, under_load: bool) -> int:
    """Replace the named processes or services, or all; `under_load` generates and checks requests meanwhile.

    Returns the exit code: 0 when everything was replaced and, under load, no request or event was lost.
    """
    if under_load and not stack.system.load:
        raise NothingToRestart(
            f"There is no load for the {stack.system.name}: restart it without --under-load."
        )
    supervision = Supervision(stack)
    processes = _chosen([view["name"] for view in supervision.status() if not view["step"]], names)
    if not under_load:
        _replace(supervision, processes)
        return 0
    with importlib.import_module(stack.system.load).under_load(stack) as load:
        load.warm_up()
        with _timed("everything was replaced"):
            _replace(supervision, processes)
        load.cool_down()
        return int(load.verdict())


def _chosen(running: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return the processes to replace, in the order in which it is done. Raises NothingToRestart."""
    known = [name for name in running if name.partition(".")[2] in _ORDER]
    for name in names:
        if not any(name in {one, one.partition(".")[0]} for one in known):
            raise NothingToRestart(f"There is no {name!r} to restart. There are: {', '.join(known)}.")
    chosen = [one for one in known if not names or {one, one.partition(".")[0]} & set(names)]
    return sorted(chosen, key=lambda one: _ORDER.index(one.partition(".")[2]))


def _replace(supervision: Supervision, processes: Sequence[str]) -> None:
    for name in processes:
        with _timed(name):
            supervision.replace(name)


@contextmanager
def _timed(what: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    out.print(f"[green]✓[/] {what} ({time.monotonic() - started:.1f} s)")
