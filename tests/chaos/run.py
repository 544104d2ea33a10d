"""The drill: fault after fault under load, each followed by quiet and a look at everything."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import psycopg
from rich.table import Table

from local_stack.console import out
from shared_events.errors import describe
from tests.chaos import late_subscriber
from tests.chaos.faults import Fault
from tests.chaos.invariants import Violations, examine, live_holds, pending_work
from tests.chaos.matrix import FAULTS
from tests.chaos.small_disk import can_mount, keep_mounts_private
from tests.chaos.system import CHAOS
from tests.load import scenarios
from tests.load.client import Marketplace
from tests.load.generator import LoadGenerator
from tests.load.listings import list_many
from tests.running_stack import RunningStack, running_stack

#: Longer than a buyer needs whose payment was cut off by a crash.
_HOLD_SECONDS = 180
_BUYERS = 4
#: Seconds; longer than the broker is ever away.
_PATIENCE = 120.0
#: Seconds that a busy machine may need for the long log.
_LONG_PATIENCE = 900.0
_WARM_UP = 2.0
#: How long the logs are when the late subscriber joins, at least.
_LONG_LOG, _SHORT_LOG = 100_000, 5_000
_COLUMNS = (
    "fault",
    "where",
    "times",
    "lost",
    "doubled",
    "out of order",
    "oversold",
    "double-charged",
    "healed",
)


@dataclass(frozen=True)
class Row:
    """How a fault went. `trouble` is what kept it from being judged."""

    fault: Fault
    violations: Violations
    seconds: float
    trouble: str = ""

    @property
    def is_well(self) -> bool:
        """Return whether nothing went wrong."""
        return not any(self.violations.counts) and not self.trouble

    def cells(self) -> list[str]:
        """Return the row for the table."""
        counts = [f"[bold red]{count}[/]" if count else "0" for count in self.violations.counts]
        healed = "[bold red]never[/]" if self.trouble else f"{self.seconds:.1f} s"
        return [self.fault.name, self.fault.where, str(self.fault.times), *counts, healed]


def drill(*, broker: str, quick: bool, only: str = "") -> int:
    """Break things on a stack of its own, print the table, and return 0 when all its counts are zero."""
    began = time.monotonic()
    faults = [*_possible(_chosen(broker=broker, quick=quick, only=only))]
    if not faults:
        out.print("No fault has these words in its name and place, or can be brought about here.")
        return 1
    with running_stack(system=CHAOS, broker=broker, hold_seconds=_HOLD_SECONDS) as stack:
        with load_on(stack.url).running() as load:
            rows = [*_rows(stack, load, faults)]
        differing = _end(stack, _SHORT_LOG if quick or only else _LONG_LOG)
    return _report(rows, differing, load, time.monotonic() - began)


def _chosen(*, broker: str, quick: bool, only: str) -> list[Fault]:
    return [
        fault
        for fault in FAULTS
        if fault.only in {"", broker} and (fault.quick or not quick) and only in f"{fault.name} {fault.where}"
    ]


def _possible(faults: list[Fault]) -> Iterator[Fault]:
    """Leave out, and name, what can't be done on this machine."""
    may_mount = can_mount()
    if may_mount and any(fault.mounts for fault in faults):
        keep_mounts_private()
    for fault in faults:
        if fault.mounts and not may_mount:
            out.print(f"- left out: {fault.name}, {fault.where} (a small disk takes root, on Linux)")
        else:
            yield fault


def load_on(url: str) -> LoadGenerator:
    """Return the drill's load: patient buyers, since things break meanwhile."""
    return LoadGenerator(
        client=partial(Marketplace, url, patience=_PATIENCE),
        plays=(scenarios.buy, scenarios.cancel, scenarios.decline, scenarios.rush),
        buyers=_BUYERS,
        patience=_PATIENCE,
    )


def _rows(stack: RunningStack, load: LoadGenerator, faults: list[Fault]) -> Iterator[Row]:
    """Yield how each fault went; what one leaves behind isn't counted against the next."""
    before = Violations()
    for number, fault in enumerate(faults, 1):
        row, before = _one(stack, load, fault, before)
        mark = "[green]✓[/]" if row.is_well else "[red]✗[/]"
        out.print(
            f"{mark} {number:>2}/{len(faults)} {fault.name}, {fault.where} ({row.seconds:.1f} s to heal)"
        )
        for detail in (*row.violations.details, row.trouble):
            out.print(f"     {detail}", markup=False) if detail else None
        yield row


def _one(
    stack: RunningStack, load: LoadGenerator, fault: Fault, before: Violations
) -> tuple[Row, Violations]:
    load.resume()
    time.sleep(_WARM_UP)  # let some load be under way
    try:
        fault.act(stack, fault.times)
        broken = time.monotonic()
        stack.wait_until_ready()
        load.pause()
        wait_for_quiet(stack)
        healed = time.monotonic() - broken
        found = examine(stack)
    except Exception as error:
        load.pause()
        return Row(fault, Violations(), 0.0, describe(error)), before
    return Row(fault, found.since(before), healed), found


def wait_for_quiet(stack: RunningStack, *, patience: float = _PATIENCE) -> None:
    """Wait until nothing is under way anywhere. Raises TimeoutError with what still is."""
    deadline = time.monotonic() + patience
    while what := _pending_work(stack):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not quiet after {patience:.0f} s: {what}")
        time.sleep(0.2)


def _pending_work(stack: RunningStack) -> str:
    try:
        return pending_work(stack)
    except psycopg.Error as error:
        return describe(error)


def _end(stack: RunningStack, log: int) -> list[str]:
    """Let a late subscriber join, wait for every hold to end, and return what isn't as it should be."""
    list_many(stack, log)
    # It is compared with a subscriber that was there all along, and must have read everything itself.
    busy = _try(lambda: wait_for_quiet(stack, patience=_LONG_PATIENCE))
    if busy:
        return [*busy, *examine(stack).details]
    differing = late_subscriber.join(stack)
    deadline = time.monotonic() + _HOLD_SECONDS + 30
    while live_holds(stack) and time.monotonic() < deadline:
        time.sleep(1)
    holds = live_holds(stack)
    trouble = _try(lambda: wait_for_quiet(stack))
    return [*differing, *([f"{holds} holds never ended"] if holds else []), *trouble, *examine(stack).details]


def _try(wait: Callable[[], None]) -> list[str]:
    try:
        wait()
    except TimeoutError as error:
        return [str(error)]
    return []


def _report(rows: list[Row], differing: list[str], load: LoadGenerator, seconds: float) -> int:
    table = Table(*_COLUMNS, title=f"The drill, {seconds:.0f} s, {load.done} scenarios played meanwhile")
    for row in rows:
        table.add_row(*row.cells())
    out.print(table)
    for what in differing:
        out.print(f"[red]✗[/] in the end: {what}")
    for failure in load.failures:
        out.print(f"[red]✗[/] a scenario failed: {failure}")
    well = all(row.is_well for row in rows) and not differing and not load.failures
    out.print(
        "[green]✓[/] nothing lost, doubled, out of order, oversold or overcharged"
        if well
        else "[red]✗[/] not well"
    )
    return 0 if well else 1
