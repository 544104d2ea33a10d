"""For tests that need the real thing: a whole stack of their own, gone when they are done.

with running_stack(broker="embedded", hold_seconds=5) as stack:
    httpx.get(f"{stack.url}/api/tickets")
    stack.kill("orders.relay")
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_stack.credentials import Credentials, credentials_of
from local_stack.environment import broker_url, database_url, service_environment
from local_stack.stack import Stack
from local_stack.supervisor.control_client import Supervision
from local_stack.supervisor.down import forget
from local_stack.supervisor.launch import launch, locked, plan, shut_down, wait_until_ready
from local_stack.supervisor.logs import tail
from local_stack.systems import Service, System
from local_stack.systems.marketplace import MARKETPLACE
from tests.ephemeral_postgres import temporary_run_dir

_POLL = 0.1


@dataclass(frozen=True)
class RunningStack:
    """A live stack, with handles to break it."""

    stack: Stack
    credentials: Credentials

    @property
    def url(self) -> str:
        """Return the gateway's address, which is also the public origin."""
        return self.stack.url

    @property
    def run_dir(self) -> Path:
        """Return the directory with the stack's data and logs."""
        return self.stack.run_dir

    def service(self, name: str) -> Service:
        """Return the stack's description of a service."""
        return self.stack.system.service(name)

    def database_url(self, service: str) -> str:
        """Return the address of a service's database, with its own role."""
        return database_url(self.stack, self.credentials, self.service(service))

    def broker_url(self, service: str) -> str:
        """Return the broker's address with a service's own user."""
        return broker_url(self.stack, self.credentials, self.service(service))

    def environment(self, service: str) -> dict[str, str]:
        """Return the environment that a service's processes have."""
        return service_environment(self.stack, self.credentials, self.service(service))

    def manage(self, service: str, *arguments: str) -> tuple[str, ...]:
        """Return the command line of one of a service's management commands."""
        return self.service(service).manage(*arguments)

    def password(self, user: str) -> str:
        """Return the password of a demo user: buyer, seller or operator."""
        return self.credentials[f"{user}.password"]

    def address(self, part: str) -> str:
        """Return host:port of a part, such as `orders.web`, past the gateway."""
        return str(self.process(part)["address"])

    def processes(self) -> dict[str, dict[str, Any]]:
        """Return what is known of each part: state, pid, restarts and so on."""
        return {part["name"]: part for part in Supervision(self.stack).status()}

    def process(self, name: str) -> dict[str, Any]:
        """Return what is known of one part."""
        return self.processes()[name]

    def stop(self, part: str) -> None:
        """Stop a part; it stays away until `start`."""
        Supervision(self.stack).stop(part)

    def start(self, part: str) -> None:
        """Start a stopped part and wait until it is ready."""
        Supervision(self.stack).start(part)

    def restart(self, part: str) -> None:
        """Restart a part in an orderly way and wait until it is ready."""
        Supervision(self.stack).restart(part)

    def kill(self, part: str, signum: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to a part's process and return its pid; if it dies the supervisor starts another."""
        pid = int(self.process(part)["pid"])
        os.kill(pid, signum)
        return pid

    def overriding(
        self, part: str, environment: Mapping[str, str], *, wait: bool = True
    ) -> contextlib.AbstractContextManager[None]:
        """Run a part with some variables changed for the length of a `with` block; see Supervision."""
        return Supervision(self.stack).overriding(part, environment, wait=wait)

    def wait_until_ready(self) -> None:
        """Wait until every part that should run does."""
        wait_until_ready(self.stack)

    def wait_until_replaced(self, part: str, pid: int, *, within: float = 60.0) -> None:
        """Wait until a part runs again as another process than `pid`."""
        wait_for(
            lambda: self.process(part)["state"] == "running" and self.process(part)["pid"] not in {None, pid},
            within=within,
            what=f"another life of {part}",
        )

    def log(self, part: str, lines: int = 50) -> str:
        """Return the end of a part's log."""
        return tail(self.stack.log_of(part), lines)


@contextlib.contextmanager
def running_stack(
    *,
    system: System = MARKETPLACE,
    broker: str = "embedded",
    hold_seconds: int = 900,
    overrides: Mapping[str, str] | None = None,
) -> Iterator[RunningStack]:
    """Start a stack in a temporary directory, on free ports, and take it down again with all its data.

    Several can run side by side. It also ends when the process that started it is killed. `overrides` go into
    every service's environment. Raises DidNotStart and BrokerMissing.
    """
    with temporary_run_dir() as run_dir, locked(run_dir):
        stack = plan(
            run_dir,
            system=system,
            broker=broker,
            hold_seconds=hold_seconds,
            overrides=overrides,
            any_port=True,
        )
        supervisor = launch(stack, tied=True)
        try:
            wait_until_ready(stack)
            yield RunningStack(stack, credentials_of(run_dir, stack.system))
        finally:
            shut_down(stack)
            supervisor.wait()
            forget(stack)


def wait_for(holds: Callable[[], bool], *, within: float = 30.0, what: str = "it") -> None:
    """Wait until a condition holds. Raises TimeoutError."""
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come true within {within:.0f} s")
        time.sleep(_POLL)
