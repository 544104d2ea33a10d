"""`status`: what runs, what waits, and what it costs."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.markup import escape
from rich.table import Table

from inspection import backlog
from inspection.costs import Cost, CostMeter
from local_stack.console import duration, megabytes, out
from local_stack.credentials import credentials_of
from local_stack.stack import Stack
from local_stack.supervisor.control_client import NotRunning, Supervision
from local_stack.supervisor.processes import leftovers
from local_stack.systems.marketplace import MARKETPLACE

_SAMPLE_SECONDS = 1.0
_COLOURS = {
    "running": "green",
    "done": "green",
    "stopped": "yellow",
    "starting": "yellow",
    "waiting": "yellow",
}


@dataclass
class Report:
    """The report of `status`, as `--json` has it. `healthy`: every process runs and every step is done."""

    system: str
    url: str
    broker: str
    broker_note: str
    hold_seconds: int
    healthy: bool
    parts: list[dict[str, Any]]
    memory: int
    cores: float
    services: dict[str, dict[str, Any]] = field(default_factory=dict)


def report(stack: Stack) -> Report:
    """Look at everything, for about a second. Raises NotRunning."""
    views = Supervision(stack).status()
    costs = _costs(stack, [view["pid"] for view in views if view["pid"]])
    parts = [view | asdict(costs.get(view["pid"] or 0, Cost())) for view in views]
    return Report(
        system=stack.system.name,
        url=stack.url,
        broker=stack.broker,
        broker_note=stack.broker_note,
        hold_seconds=stack.hold_seconds,
        healthy=all(view["state"] in {"running", "done"} for view in views),
        parts=parts,
        memory=sum(cost.memory for cost in costs.values()),
        cores=round(sum(cost.cores for cost in costs.values()), 3),
        services=backlog.of_services(stack, credentials_of(stack.run_dir, stack.system)),
    )


def _costs(stack: Stack, roots: list[int]) -> dict[int, Cost]:
    """Return the cost of each managed process by its pid; of any other, as the supervisor, by its own pid."""
    processes, meter = leftovers(stack), CostMeter()
    meter.look(processes, roots)
    time.sleep(_SAMPLE_SECONDS)
    return meter.look(processes, roots)


def status(stack: Stack, *, as_json: bool) -> int:
    """Print the report and return the exit code: 0 when healthy, 1 when not, 3 when nothing runs."""
    try:
        found = report(stack)
    except NotRunning as error:
        print(json.dumps({"healthy": False, "parts": [], "why": str(error)})) if as_json else out.print(error)
        return 3
    if as_json:
        print(json.dumps(asdict(found), indent=2))
    else:
        _print(found)
    return 0 if found.healthy else 1


def _print(found: Report) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("process", "state", "pid", "for", "memory", "cpu", "restarts", "heartbeat", "address"):
        right = name in {"pid", "memory", "cpu", "restarts", "heartbeat"}
        table.add_column(name, justify="right" if right else "left")
    for process in found.parts:
        if not process["step"] or process["state"] != "done":
            table.add_row(*_row(process))
    out.print(table)
    for process in found.parts:
        if process["restarts"]:
            out.print(restarted(process), markup=False)
    out.print()
    _print_backlog(found.services)
    note = f" ({found.broker_note})" if found.broker_note else ""
    holds = f"   holds last {found.hold_seconds} s" if found.system == MARKETPLACE.name else ""
    out.print(f"\n{found.url}   broker: {found.broker}{note}{holds}")
    out.print(
        f"All of it: {megabytes(found.memory)} of memory, {found.cores:.2f} of a core in the last second"
    )


def restarted(process: Mapping[str, Any]) -> str:
    """Return in words that a process was started again, and why."""
    times = "" if process["restarts"] == 1 else f" {process['restarts']} times"
    last = "" if process["restarts"] == 1 else "the last time "
    return (
        f"{process['name']} was started again{times}, {last}because: {process['last_restart'] or 'unknown'}"
    )


def _row(process: Mapping[str, Any]) -> tuple[str, ...]:
    colour = _COLOURS.get(process["state"], "red")
    return (
        process["name"],
        f"[{colour}]{process['state']}[/] {escape(process['detail'])}".strip(),
        str(process["pid"] or ""),
        duration(time.time() - process["since"]) if process["since"] else "",
        megabytes(process["memory"]) if process["pid"] else "",
        f"{process['cores']:.0%}" if process["pid"] else "",
        str(process["restarts"] or ""),
        "" if process["heartbeat_age"] is None else duration(process["heartbeat_age"]),
        process["address"],
    )


def _relay_of(backlog: Mapping[str, Any]) -> str:
    if backlog["unpublished"] is None:
        return "?"
    away = backlog["relay_away"]
    return "[green]at work[/]" if away is None else f"[red]away for {away:.0f} s[/]"


def _print_backlog(services: Mapping[str, Mapping[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("service", "relay", "unpublished", "dead letters", "halted", "skipped", "behind", "queues"):
        table.add_column(name, justify="left" if name in {"service", "relay", "queues"} else "right")
    for name, one in services.items():
        queues = ", ".join(f"{queue} {depth}" for queue, depth in one["queues"].items())
        cells = (one["unpublished"], one["dead_letters"], one["halted"], one["skipped"], one["behind"])
        counts = ("?" if cell is None else str(cell) for cell in cells)
        table.add_row(name, _relay_of(one), *counts, queues or "?")
    out.print(table)
