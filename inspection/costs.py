"""What the processes of a stack cost: memory, and CPU between two looks."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Cost:
    """Memory in bytes, shared pages counted once, and CPU in cores; of a process with its descendants."""

    memory: int = 0
    cores: float = 0.0


class CostMeter:
    """Measures processes; the CPU that they use is counted from one look to the next."""

    def __init__(self) -> None:
        self._spent: dict[int, float] = {}
        self._looked_at = time.monotonic()

    def look(self, processes: Iterable[psutil.Process], roots: Iterable[int]) -> dict[int, Cost]:
        """Return the cost of each root by its pid, its descendants included; of any other by its own pid.

        A process that wasn't there at the last look has used nothing yet.
        """
        now, wanted = time.monotonic(), set(roots)
        took = max(now - self._looked_at, 0.001)
        spent = {process: _cpu_seconds(process) for process in processes}
        costs: dict[int, Cost] = {}
        for process, seconds in spent.items():
            root = _root_of(process, wanted)
            so_far = costs.get(root, Cost())
            used = max(0.0, seconds - self._spent.get(process.pid, seconds)) / took
            costs[root] = Cost(so_far.memory + _memory(process), round(so_far.cores + used, 4))
        self._spent = {process.pid: seconds for process, seconds in spent.items()}
        self._looked_at = now
        return costs


def _root_of(process: psutil.Process, roots: set[int]) -> int:
    try:
        line: list[int] = [process.pid, *(parent.pid for parent in process.parents())]
    except psutil.Error:
        return int(process.pid)
    return next((pid for pid in line if pid in roots), line[0])


def _cpu_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def _memory(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.rss))
    except psutil.Error:
        return 0
