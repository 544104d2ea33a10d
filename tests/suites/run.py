"""`test`: run the suites, each in a process of its own, two at a time, and add up what they say."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from types import FrameType

import psutil

from local_stack.backing import rabbitmq
from local_stack.console import errors, out
from local_stack.environment import base_environment
from local_stack.stack import REPOSITORY
from tests.ephemeral_postgres import ephemeral_databases
from tests.suites import chromium, promtool
from tests.suites.table import SUITES, Suite, UnknownSuite

#: How e2e tests learn which broker to start their stacks on.
BROKER_VARIABLE = "STACK_BROKER"
#: Where the browser tests keep a picture of every page and state, when it is set.
SCREENSHOTS_VARIABLE = "SCREENSHOTS"
_COUNTS = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed)\b")
_AT_ONCE = 2
_NOTHING_COLLECTED = 5
_MEMORY_OF_A_STACK = 3_000_000_000
#: What the pytest processes may see of this machine besides the bare environment.
_HANDED_ON = ("CI", "PYTEST_ADDOPTS", "HYPOTHESIS_PROFILE", SCREENSHOTS_VARIABLE)


@dataclass(frozen=True)
class Result:
    """How one suite went. `note` is what a suite that did not run has to say."""

    suite: Suite
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    output: str = ""
    seconds: float = 0.0
    note: str = ""

    def as_line(self) -> str:
        """Return one line for the screen."""
        mark = "[red]✗[/]" if self.failed else "[yellow]-[/]" if self.note else "[green]✓[/]"
        counts = f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped ({self.seconds:.1f} s)"
        return f"{mark} {self.suite.name:<16} {self.note or counts}"


def run_suites(names: Sequence[str], *, only_list: bool, expression: str | None) -> int:
    """Run the named suites, or all but the slow ones; end with a line of sums; return the exit code."""
    if only_list:
        for suite in SUITES:
            out.print(f"{suite.name:<16} {' '.join(suite.paths)}{'  (only by name)' if suite.slow else ''}")
        return 0
    suites = select(names)
    roles = [_role(suite) for suite in suites if suite.database]
    with _stoppable() as crew:
        if roles:
            with ephemeral_databases(roles) as addresses:
                results = _run_all(suites, addresses, expression, crew)
        else:
            results = _run_all(suites, {}, expression, crew)
    passed, failed, skipped = (
        sum(getattr(result, count) for result in results) for count in ("passed", "failed", "skipped")
    )
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not (passed or skipped) else 0


def take_screenshots() -> int:
    """Look at every page and state as the browser tests do, and keep the pictures; return the exit code."""
    folder = REPOSITORY / "docs" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    os.environ[SCREENSHOTS_VARIABLE] = str(folder)
    code = run_suites(["browser"], only_list=False, expression="TestEveryPage")
    out.print(f"The pictures are in {folder.relative_to(REPOSITORY)}.")
    return code


def select(names: Sequence[str]) -> list[Suite]:
    """Return the suites of these names, in the table's order; `e2e` means all of it but slow ones.

    Raises UnknownSuite.
    """
    known = {suite.name for suite in SUITES}
    unknown = [
        name for name in names if name not in known and not any(one.startswith(f"{name}-") for one in known)
    ]
    if unknown:
        raise UnknownSuite(f"There is no part {unknown[0]!r}. There are: {', '.join(sorted(known))}.")
    if not names:
        return [suite for suite in SUITES if not suite.slow]
    return [
        suite
        for suite in SUITES
        if any(suite.name == name or (suite.name.startswith(f"{name}-") and not suite.slow) for name in names)
    ]


def _role(suite: Suite) -> str:
    return f"test_{suite.name}"


@dataclass
class Crew:
    """The pytest processes under way, so that Ctrl-C ends them all."""

    running: set[subprocess.Popen[str]] = field(default_factory=set)
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self, command: Sequence[str], environment: dict[str, str]) -> tuple[int, str]:
        """Run one process to its end and return its exit code and output."""
        if self.stopped.is_set():
            return 1, "stopped before it began"
        process = subprocess.Popen(
            command, env=environment, cwd=REPOSITORY, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.running.add(process)
        output, _ = process.communicate()
        self.running.discard(process)
        return process.returncode, output

    def stop(self) -> None:
        """End what runs; pytest cleans up after itself on SIGINT."""
        self.stopped.set()
        for process in list(self.running):
            process.send_signal(signal.SIGINT)


@contextmanager
def _stoppable() -> Iterator[Crew]:
    crew = Crew()

    def stop(signum: int, frame: FrameType | None) -> None:
        crew.stop()

    before = {signum: signal.signal(signum, stop) for signum in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield crew
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def _run_all(
    suites: Sequence[Suite], addresses: dict[str, str], expression: str | None, crew: Crew
) -> list[Result]:
    """Run the small suites first, and then those that start whole stacks; these mostly wait."""
    stacks = threading.Semaphore(_stacks_at_once())

    def run(suite: Suite) -> Result:
        with stacks if suite.broker else nullcontext():
            result = _run(suite, addresses, expression, crew)
        if result.failed:
            errors.print(result.output, markup=False)
        out.print(result.as_line())
        return result

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(run, sorted(suites, key=lambda suite: bool(suite.broker))))


def _stacks_at_once() -> int:
    return _AT_ONCE if psutil.virtual_memory().available > _AT_ONCE * _MEMORY_OF_A_STACK else 1


def _run(suite: Suite, addresses: dict[str, str], expression: str | None, crew: Crew) -> Result:
    if note := _missing(suite):
        # In CI, a suite that is always skipped would look as if it passed.
        missing_in_ci = os.environ.get("CI") == "true"
        return (
            Result(suite, failed=1, output=note, note=note)
            if missing_in_ci
            else Result(suite, skipped=1, note=note)
        )
    environment = base_environment() | {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
    if suite.database:
        environment[suite.database] = addresses[_role(suite)]
    if suite.broker:
        environment[BROKER_VARIABLE] = suite.broker
    filtering = ("-k", expression) if expression else ()
    started = time.monotonic()
    code, output = crew.run((sys.executable, "-m", "pytest", *suite.arguments, *filtering), environment)
    return _result(suite, code, output, time.monotonic() - started, filtered=bool(expression))


def _missing(suite: Suite) -> str:
    """Return what this machine lacks for a suite and how to get it, empty where nothing is lacking."""
    if suite.broker == "rabbitmq" and rabbitmq.server_script() is None:
        return f"RabbitMQ isn't installed: {rabbitmq.INSTALL_COMMAND}"
    if suite.promtool:
        return promtool.missing(server=bool(suite.broker))
    return chromium.missing() if suite.browser else ""


def _result(suite: Suite, code: int, output: str, seconds: float, *, filtered: bool) -> Result:
    """Read pytest's last line. A process that ended badly without saying so counts as one failure."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    last = next((line for line in reversed(output.splitlines()) if _COUNTS.search(line)), "")
    for number, what in _COUNTS.findall(last):
        name = {"xfailed": "skipped", "xpassed": "failed", "error": "failed", "errors": "failed"}.get(
            what, what
        )
        counts[name] += int(number)
    nothing_chosen = code == _NOTHING_COLLECTED and filtered
    if code and not counts["failed"] and not nothing_chosen:
        counts["failed"] = 1
    return Result(
        suite, counts["passed"], counts["failed"], counts["skipped"], output=output, seconds=seconds
    )
