"""A service's database is lost, and comes back from a dump that is some seconds old, as the guide says."""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from local_stack.console import out
from local_stack.stack import REPOSITORY
from tests.chaos import guide
from tests.chaos.faults import Break, Unexpected
from tests.load.client import Marketplace, Person
from tests.running_stack import RunningStack

#: How long people go on after the dump: this is what the restored service has lost.
_LOST_SECONDS = 8.0
_PATIENCE = 600
#: `reconcile` says so while the streams aren't read to where the list of orders was made.
_NOT_YET = 2
_NEW_ACCOUNTS = 3
_PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class _Terminal:
    """A shell in a folder of its own, in which the guide's commands for this service are run."""

    folder: Path
    environment: Mapping[str, str]

    def follow(self, heading: str, *, accept: int = 0) -> subprocess.CompletedProcess[str]:
        """Type what a section says. Raises Unexpected where a command fails otherwise than with `accept`."""
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", guide.commands(heading)],
            cwd=self.folder, env=dict(self.environment), timeout=_PATIENCE,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode not in {0, accept}:
            raise Unexpected(f"“{heading}” failed: {done.stdout[-1500:]}{done.stderr[-1500:]}")
        return done


def restored(service: str) -> Break:
    """Dump a service's database, let people go on, and restore the dump as the guide says."""

    def act(stack: RunningStack, times: int) -> None:
        with _terminal(stack, service) as terminal:
            terminal.follow("Dumps")
            _go_on(stack)
            began = time.monotonic()
            said = terminal.follow("Bring it back").stdout
            recovered = re.search(r"Recovered (\d+) events", said)
            if recovered is None or recovered[1] == "0":
                raise Unexpected(f"nothing of {service} was lost and recovered: {said[-500:]}")
            seconds = time.monotonic() - began
            out.print(f"     {recovered[1]} lost events recovered; back after {seconds:.0f} s")
            _compare(terminal)

    return act


def _go_on(stack: RunningStack) -> None:
    """Let people go on; some are new, so that auth has something to lose, too."""
    market = Marketplace(stack.url)
    for _ in range(_NEW_ACCOUNTS):
        Person(market, f"{uuid4().hex}@example.com", _PASSWORD).sign_up()
    market.close()
    time.sleep(_LOST_SECONDS)


def _compare(terminal: _Terminal) -> None:
    """Compare the services while people go on. Raises Unexpected where they differ."""
    deadline = time.monotonic() + _PATIENCE
    while terminal.follow("Compare", accept=_NOT_YET).returncode == _NOT_YET:
        if time.monotonic() > deadline:
            raise Unexpected("the streams were never read so far that anything could be compared")
        time.sleep(1)


@contextmanager
def _terminal(stack: RunningStack, service: str) -> Iterator[_Terminal]:
    [stream] = stack.service(service).publishes
    subscribers = [one.name for one in stack.stack.system.running if stream in one.follows]
    values = {
        "STACK_RUN_DIR": str(stack.run_dir),
        "SERVICE": service,
        "STREAM": stream,
        "SUBSCRIBERS": " ".join(subscribers),
    }
    with tempfile.TemporaryDirectory(prefix="drill-") as folder:
        (Path(folder) / "manage_all.py").symlink_to(REPOSITORY / "manage_all.py")
        yield _Terminal(Path(folder), {**os.environ, **values})
