"""Processes that are there and do nothing, as after SIGSTOP: they must be called frozen, and replaced."""

import contextlib
import os
import signal
from collections.abc import Iterator

import psutil

from tests.chaos.faults import Break
from tests.chaos.invariants import read_rows
from tests.running_stack import RunningStack, wait_for

#: Seconds after which `status` must say that a process is frozen.
_NOTICED = 8.0
_REPLACED = 60.0
_PATIENCE = 60.0
_HOLDS_A_CURSOR = """
    SELECT count(*) FROM pg_stat_activity a JOIN pg_locks l USING (pid)
    WHERE a.state = 'idle in transaction' AND l.relation = 'shared_events_cursor'::regclass
      AND l.mode = 'RowShareLock'
"""


def freeze(part: str) -> Break:
    """Stop all processes of a part, wherever they are, and wait until others have taken their place."""

    def act(stack: RunningStack, times: int) -> None:
        for _ in range(times):
            _freeze(stack, part)

    return act


@contextlib.contextmanager
def frozen(stack: RunningStack, part: str) -> Iterator[None]:
    """Stop all processes of a part for the length of a `with` block.

    After ten seconds others take their place.
    """
    stopped = _stop(stack, part)
    try:
        yield
    finally:
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def freeze_in_batch(part: str) -> Break:
    """Stop an events worker in the middle of a batch, with its cursor locked."""

    def act(stack: RunningStack, times: int) -> None:
        service = part.partition(".")[0]
        with stack.overriding(part, {"EVENTS_FAILPOINTS": "deliver.uncommitted=wait:0.5:2"}):
            wait_for(
                lambda: bool(read_rows(stack, service, _HOLDS_A_CURSOR)[0][0]),
                within=_PATIENCE,
                what=f"{part} in the middle of a batch",
            )
            _freeze(stack, part)

    return act


def _freeze(stack: RunningStack, part: str) -> None:
    pid, *_ = _stop(stack, part)
    wait_for(
        lambda: stack.process(part)["state"] == "frozen",
        within=_NOTICED,
        what=f"{part} being frozen",
    )
    stack.wait_until_replaced(part, pid, within=_REPLACED)


def _stop(stack: RunningStack, part: str) -> list[int]:
    """Stop all processes of a part, and return their ids, its own first."""
    leader = psutil.Process(stack.process(part)["pid"])
    pids = [process.pid for process in (leader, *leader.children(recursive=True))]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    return pids
