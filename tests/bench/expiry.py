"""`bench expiry`: many holds due evenly over a minute, and how late each of their tickets is free."""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psutil
import psycopg

from local_stack.console import out
from local_stack.stack import REPOSITORY
from tests.running_stack import RunningStack, running_stack, wait_for

#: The time over which the holds are due, in seconds.
OVER = 60.0
#: What is promised, in seconds.
LATEST = 5.0
#: Holds placed, and countdowns sent, per second, at the least: the first is due when all are under way.
_SLOWEST = 60.0
_WORKERS = ("orders.commands", "orders.events", "tickets.events", "orders.relay", "tickets.relay")

_CANCELLED = """
    SELECT occurred_at - (data->>'expires_at')::timestamptz, (data->'ticket'->>'id')::uuid,
           (data->>'expires_at')::timestamptz
    FROM shared_events_loggedevent WHERE type = 'order.cancelled' AND data->'ticket'->>'title' LIKE 'Bench %'
"""
_FREED = """
    SELECT aggregate_id, max(occurred_at) FROM shared_events_loggedevent
    WHERE type = 'ticket.released' AND data->>'title' LIKE 'Bench %'
    GROUP BY aggregate_id
"""
_HELD = "SELECT count(*) FROM tickets_ticket WHERE order_id IS NOT NULL"


@dataclass(frozen=True)
class Figures:
    """How late orders ended and tickets came back, in seconds after each hold's own time."""

    ended: list[float]
    freed: list[float]
    freed_at: list[float]


def bench(options: argparse.Namespace) -> int:
    """Run `bench expiry` with these options of its command line and return the exit code."""
    return bench_expiry(broker=options.broker, holds=options.holds)


def bench_expiry(*, broker: str, holds: int) -> int:
    """Measure, print, and return 0 when every ticket was free in time and every hold ended once."""
    kept = True
    for away in (False, True) if broker == "rabbitmq" else (False,):
        with running_stack(broker=broker, hold_seconds=900) as stack:
            kept &= _round(stack, holds, broker_away=away)
    return 0 if kept else 1


def _round(stack: RunningStack, holds: int, *, broker_away: bool) -> bool:
    out.print(
        f"\n{holds} holds due over {OVER:.0f} s, the broker {'away meanwhile' if broker_away else 'there'}"
    )
    began = time.monotonic()
    _run(stack, "tickets", "tests.bench.list_tickets", "--count", str(holds))
    due = time.time() + holds / _SLOWEST + 10
    _run(
        stack, "orders", "tests.bench.place_holds",
        "--count", str(holds), "--due", str(due), "--over", str(OVER),
    )  # fmt: skip
    out.print(f"placed in {time.monotonic() - began:.0f} s; the first is due in {due - time.time():.0f} s")
    time.sleep(max(0.0, due - time.time() - 2))
    before = _memory(stack)
    back = 0.0
    if broker_away:
        stack.stop("rabbitmq")
        time.sleep(max(0.0, due + OVER + LATEST - time.time()))
        stack.start("rabbitmq")
        back = time.time()
    # Cheap to ask, for asking disturbs what is measured.
    wait_for(lambda: _query(stack, "tickets", _HELD) == [(0,)], within=OVER + 300, what="every ticket free")
    wait_for(lambda: _count(stack) == holds, what="every ticket released by an event")
    after = _memory(stack)
    return _report(_figures(stack), holds, back, {part: (before[part], after[part]) for part in _WORKERS})


def _run(stack: RunningStack, service: str, module: str, *arguments: str) -> None:
    command = (sys.executable, "-m", module, *arguments)
    subprocess.run(command, env=stack.environment(service), cwd=REPOSITORY, check=True)


def _query(stack: RunningStack, service: str, query: LiteralString) -> list[tuple[Any, ...]]:
    with psycopg.connect(stack.database_url(service)) as connection:
        return connection.execute(query).fetchall()


def _count(stack: RunningStack) -> int:
    return len(_query(stack, "tickets", _FREED))


def _figures(stack: RunningStack) -> Figures:
    freed: dict[Any, Any] = dict(_query(stack, "tickets", _FREED))
    rows = _query(stack, "orders", _CANCELLED)
    return Figures(
        ended=[late.total_seconds() for late, _, _ in rows],
        freed=[(freed[ticket] - ends).total_seconds() for _, ticket, ends in rows],
        freed_at=[freed[ticket].timestamp() for _, ticket, _ in rows],
    )


def _report(figures: Figures, holds: int, back: float, memory: dict[str, tuple[float, float]]) -> bool:
    _line("holds ended after their time", figures.ended)
    if back:
        _line("tickets free after the broker's return", [at - back for at in figures.freed_at])
        in_time = max(figures.freed_at) - back <= LATEST
    else:
        _line("tickets free after their time", figures.freed)
        in_time = max(figures.freed) <= LATEST
    for part, (before, after) in memory.items():
        out.print(f"  {part:<40} {before:6.0f} MB before, {after:6.0f} MB after")
    once = len(figures.ended) == holds
    early = min(figures.ended) < 0
    kept = in_time and once and not early and max(figures.ended) <= LATEST
    out.print(f"{'✓ kept' if kept else '✗ not kept'}: each within {LATEST:.0f} s, once, never early")
    return kept


def _line(what: str, seconds: Sequence[float]) -> None:
    ordered = sorted(seconds)
    median, p99, last = statistics.median(ordered), ordered[int(len(ordered) * 0.99) - 1], ordered[-1]
    out.print(f"  {what:<40} median {median:5.2f} s, p99 {p99:5.2f} s, last {last:5.2f} s")


def _memory(stack: RunningStack) -> dict[str, float]:
    """Return each worker's memory in MB, its children included."""
    found: dict[str, float] = {}
    for part in _WORKERS:
        process = psutil.Process(int(stack.process(part)["pid"]))
        family = [process, *process.children(recursive=True)]
        found[part] = sum(member.memory_info().rss for member in family) / 2**20
    return found
