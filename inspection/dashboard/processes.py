"""Every process of the stack as its supervisor sees it, and what it costs."""

import os
import time
from dataclasses import asdict
from typing import Any

import psutil

from inspection.costs import Cost, CostMeter
from local_stack.stack import Stack
from local_stack.supervisor.control_client import NotRunning, Supervision
from local_stack.supervisor.processes import leftovers


class Processes:
    """The processes of a stack. Nothing is measured but when it is read."""

    def __init__(self, stack: Stack) -> None:
        self._stack, self._supervision, self._meter = stack, Supervision(stack), CostMeter()

    def read(self) -> dict[str, Any]:
        """Return {system, url, broker, problem, processes, memory, cores, now}; `problem` is empty mostly.

        A process is what `local_stack.supervisor.process_status` says, with memory in bytes and CPU in cores;
        `now` is in epoch seconds, as its `since`.
        """
        stack, statuses, problem = self._stack, [], ""
        try:
            statuses = self._supervision.status()
        except NotRunning as error:
            problem = str(error)
        running = [*leftovers(stack), psutil.Process(os.getpid())]
        costs = self._meter.look(running, [status["pid"] for status in statuses if status["pid"]])
        about = {"system": stack.system.name, "url": stack.url, "broker": stack.broker, "problem": problem}
        return about | {
            "processes": [status | asdict(costs.get(status["pid"], Cost())) for status in statuses],
            "memory": sum(cost.memory for cost in costs.values()),
            "cores": round(sum(cost.cores for cost in costs.values()), 3),
            "now": time.time(),
        }
